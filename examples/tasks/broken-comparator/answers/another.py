print("another fair answer")
