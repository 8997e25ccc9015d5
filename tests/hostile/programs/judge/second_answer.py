# The right answer, followed by a second one.
print(4)
print(5)
