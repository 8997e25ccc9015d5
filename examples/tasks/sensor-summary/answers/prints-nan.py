print("nan inf nan")
