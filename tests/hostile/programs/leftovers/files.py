# Leaves a file in every place that takes one.
import os

for place in ("/box", "/tmp", "/var/tmp", "/dev/shm", "/run", "/program", "/dev", "/", "/home", "/run/lock"):
    for name in ("left-behind", ".left-behind"):
        try:
            with open(f"{place}/{name}", "w") as file:
                file.write("LEFT")
            os.chmod(f"{place}/{name}", 0o4777)
            os.mkdir(f"{place}/{name}-folder", 0)
        except OSError:
            pass
print("tried")
