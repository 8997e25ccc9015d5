# Lets the kernel do the work: its time counts like ours.
import os

while True:
    os.getrandom(1 << 20)
