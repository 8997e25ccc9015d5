# Sleeps until 95% of its wall-clock limit (argument, in seconds) and then answers.
import sys
import time

with open("/proc/self/stat") as file:
    began = int(file.read().rpartition(")")[2].split()[19]) / 100
with open("/proc/uptime") as file:
    gone = float(file.read().split()[0]) - began
time.sleep(max(0, float(sys.argv[1]) * 0.95 - max(gone, 0)))
print("42")
