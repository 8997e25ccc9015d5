# Writes its own map of users, before and after asking for a new namespace.
import os

from attack import done, door, libc, must

door("new user namespace", lambda: must(libc.unshare(0x10000000)))
for name, text in (("setgroups", "deny"), ("uid_map", f"0 {os.getuid()} 1"), ("gid_map", f"0 {os.getgid()} 1")):
    def write(name=name, text=text):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)

    door(name, write)
done()
