# Fills every place that can be written, one after the other, and says how much went in.
import os

block, total = bytes(1 << 16), 0
for place in ("/box", "/dev/shm", "/tmp", "/var/tmp", "/run", "/dev", "/run/lock", "/program", "/dev/mqueue"):
    for serial in range(400):
        try:
            with open(f"{place}/fill{place.replace('/', '-')}-{serial}", "wb", 0) as file:
                for _ in range(16):
                    total += file.write(block)
        except OSError:
            if serial > 40 or total == 0:
                break
print("filled", total, flush=True)
