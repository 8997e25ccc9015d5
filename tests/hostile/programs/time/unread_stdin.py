# Is given a great deal to read and reads none of it.
print("done")
