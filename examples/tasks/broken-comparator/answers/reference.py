print("a fair answer")
