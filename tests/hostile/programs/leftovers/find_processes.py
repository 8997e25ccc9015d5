# What the one before may have left: processes, and files that keep coming back.
import os
import time

time.sleep(0.05)
found = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
if len(found) > 1:  # the first process is the cage's
    print("OPEN processes", found)
for place in ("/box", "/dev/shm"):
    if os.listdir(place):
        print("OPEN", place, os.listdir(place))
print("tried")
