# Under the names that will be fetched: links to files of the host and of the cage, and what is no
# file at all. The argument is a file of the host.
import os
import socket
import sys

TARGETS = {
    "host": sys.argv[1], "environ": "/proc/self/environ", "first": "/proc/1/environ", "zero": "/dev/zero",
    "random": "/dev/urandom", "shadow": "/etc/shadow", "program": "/program/main.py", "stdin": "/dev/stdin",
}
for name, target in TARGETS.items():
    os.symlink(target, name)
    os.symlink(name, f"{name}-twice")
os.symlink("/etc", "folder")
os.symlink("..", "up")
os.symlink("loop", "loop")
os.mkfifo("fifo")
os.mkdir("real")
socket.socket(socket.AF_UNIX).bind("socket")
for name, target in (("hard-program", "/program/main.py"), ("hard-passwd", "/etc/passwd"), ("hard-host", sys.argv[1])):
    try:
        os.link(target, name)
        print("OPEN hard link", target)
    except OSError:
        pass
with open("plain", "w") as file:
    file.write("kept")
os.symlink("plain", "to-plain")
print("tried")
