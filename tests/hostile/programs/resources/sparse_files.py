# Files of a terabyte that hold nothing, mapped and touched here and there.
import mmap
import os

for serial in range(20):
    with open(f"hole-{serial}", "w+b") as file:
        try:
            os.ftruncate(file.fileno(), 1 << 40)
            print("OPEN a file of a terabyte")
        except OSError:
            os.ftruncate(file.fileno(), 8 << 20)
        try:
            area = mmap.mmap(file.fileno(), 8 << 20)
            for at in range(0, 8 << 20, 1 << 16):
                area[at] = 1
        except (OSError, ValueError):
            pass
