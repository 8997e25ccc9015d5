# Its output under other names, again and again: one stream has one limit.
import os

for n in range(200):
    for name in ("/dev/stdout", "/proc/self/fd/1", "/dev/fd/1"):
        with open(name, "ab", 0) as out:
            out.write(b"x" * 1000)
        os.write(os.dup(1), b"x" * 100)
