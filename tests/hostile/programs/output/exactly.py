# Exactly as much as allowed on both streams, in odd pieces.
import os

for fd in (1, 2):
    left = 64 * 1024
    while left:
        left -= os.write(fd, b"y" * min(left, 777))
