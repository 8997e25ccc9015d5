# Two children fill each other's pipe and neither reads.
import os

a, b = os.pipe(), os.pipe()
for out in (a[1], b[1]):
    if os.fork() == 0:
        while True:
            os.write(out, bytes(65536))
os.wait()
