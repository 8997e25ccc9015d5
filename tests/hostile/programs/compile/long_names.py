# A build that leaves names which no tree of ours can hold: too long, no text, too deep.
import os
import sys

os.chdir("/program")
if sys.argv[1] == "bytes":
    open(b"\xff\n" + b"x" * 200, "w").close()
elif sys.argv[1] == "long":
    for _ in range(20):
        os.mkdir("x" * 200)
        os.chdir("x" * 200)
    open("f", "w").close()
else:
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    open("f", "w").close()
