# Writes, reads and maps the same bytes again and again: files are not memory twice.
import mmap
import os

with open("f", "w+b") as file:
    for turn in range(40):
        file.seek(0)
        file.write(bytes([turn]) * (6 << 20))
        file.flush()
        with mmap.mmap(file.fileno(), 0) as area:
            assert area[5 << 20] == turn
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
for folder, _, names in os.walk("/usr/lib/x86_64-linux-gnu"):
    for name in names[:3]:
        try:
            with open(os.path.join(folder, name), "rb") as file:
                file.read(1 << 20)
        except OSError:
            pass
print("tried")
