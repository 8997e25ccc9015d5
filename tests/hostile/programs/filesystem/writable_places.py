# Walks the whole tree and tries to write whatever is there and to make something wherever it can.
import os

from attack import done, door

OWN = ("/box", "/dev/shm", "/proc", "/sys", "/tmp", "/var/tmp")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "stdin", "stdout", "stderr")


def write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW))


def make(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL))


for folder, folders, names in os.walk("/"):
    if folder in OWN or folder.startswith(("/proc/", "/usr/share/")):
        folders.clear()
        continue
    door(folder, make, os.path.join(folder, "left-behind"))
    for name in names[:30]:
        if not (folder == "/dev" and name in DEVICES) and not folder.startswith(("/dev/pts", "/dev/fd")):
            door(os.path.join(folder, name), write, os.path.join(folder, name))
done()
