# Tries every way to change its own program; the same program runs once more and would show it.
import mmap
import os
import shutil

from attack import door, done, must, libc

MAIN = "/program/main.py"


def mapped():
    with open(MAIN, "r+b") as file, mmap.mmap(file.fileno(), 0) as area:
        area[0:1] = b"!"


def through_proc():
    fd = os.open(MAIN, os.O_RDONLY)
    os.close(os.open(f"/proc/self/fd/{fd}", os.O_WRONLY))


with open("new", "w") as file:
    file.write("print('OPEN the program of the next run')")
door("append", lambda: open(MAIN, "a").close())
door("truncate", os.truncate, MAIN, 0)
door("replace", os.replace, "new", MAIN)
door("copy", shutil.copyfile, "new", MAIN)
door("link over", os.link, "new", "/program/new")
door("unlink", os.unlink, MAIN)
door("mode", os.chmod, MAIN, 0o777)
door("owner", os.chown, MAIN, os.getuid(), -1)
door("times", os.utime, MAIN, (0, 0))
door("attribute", os.setxattr, MAIN, "user.x", b"x")
door("folder", os.mkdir, "/program/d")
door("bytecode", lambda: os.mkdir("/program/__pycache__"))
door("rename the folder", os.rename, "/program", "/program-old")
door("map", mapped)
door("proc", through_proc)
door("mount over", lambda: must(libc.mount(b"/box", b"/program", None, 4096, None)))
door("remount", lambda: must(libc.mount(b"none", b"/program", None, 32, None)))
done()
