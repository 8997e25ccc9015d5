# What there is of a network: one loopback, and nothing of the host in the kernel's tables.
import os
import socket

from attack import done, door

with open("/proc/net/dev") as file:
    names = [line.split(":")[0].strip() for line in file.readlines()[2:]]
for name in names:
    if name != "lo" and not name.startswith(("tunl", "sit", "gre", "erspan", "ip6", "ip_vti")):
        print("OPEN link", name)
for name in ("tcp", "tcp6", "udp", "udp6", "raw", "unix", "arp", "route", "packet"):
    path = f"/proc/net/{name}"
    if os.path.exists(path):
        with open(path) as file:
            lines = file.read().splitlines()[1:]
        if name in ("route", "arp", "packet", "tcp", "udp", "raw") and lines:
            print("OPEN table", name, len(lines))
        print(*lines, sep="\n")


def up():
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        fcntl.ioctl(found, 0x8914, b"lo".ljust(16, b"\0") + b"\x41\0" + bytes(22))


door("change a link", up)
door("listen on a low port", lambda: socket.create_server(("127.0.0.1", 1)).close() if open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read().strip() != "0" else (_ for _ in ()).throw(OSError()))
done()
