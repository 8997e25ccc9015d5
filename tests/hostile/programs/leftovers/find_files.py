# What the one before may have left: files anywhere, by name.
import os

for folder, folders, names in os.walk("/"):
    folders[:] = [n for n in folders if os.path.join(folder, n) not in ("/proc", "/sys")]
    for name in [*names, *folders]:
        if "left-behind" in name:
            print("OPEN", os.path.join(folder, name))
print("tried")
