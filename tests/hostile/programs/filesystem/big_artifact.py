# One file as large as the disk allows, and both streams full: all of it has to come out.
import os

with open("big", "wb") as file:
    for _ in range(60):
        file.write(bytes(1 << 20))
for fd in (1, 2):
    left = 60 * 1024
    while left:
        left -= os.write(fd, b"o" * left)
