# Addresses everybody knows: metadata of clouds, the engine's bridge, name servers, this host's own
# (arguments: address, port, abstract name), in both families, by stream and by datagram.
import socket
import sys

from attack import done, door

address, port, abstract = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def stream(family, target):
    with socket.socket(family, socket.SOCK_STREAM) as found:
        found.settimeout(0.3)
        found.connect(target)


def datagram(family, target):
    with socket.socket(family, socket.SOCK_DGRAM) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        found.sendto(b"x", target)


for host in ("169.254.169.254", "100.100.100.200", "172.17.0.1", "10.0.0.1", "192.168.0.1", "8.8.8.8", address):
    for number in (53, 80, 2375, port):
        door(f"{host}:{number}", stream, socket.AF_INET, (host, number))
    door(f"{host} by datagram", datagram, socket.AF_INET, (host, 53))
for host in ("224.0.0.1", "255.255.255.255", "10.255.255.255"):
    door(f"{host} by datagram", datagram, socket.AF_INET, (host, 5353))
for host in ("fd00:ec2::254", "2001:4860:4860::8888", "fe80::1", "ff02::1"):
    door(f"{host} by datagram", datagram, socket.AF_INET6, (host, 53))
for host in ("127.0.0.1", "127.0.1.1", "127.255.255.254", "0.0.0.0"):
    for number in (port, 2375, 6379, 5432, 8000):
        door(f"{host}:{number}", stream, socket.AF_INET, (host, number))
door("an abstract name", stream, socket.AF_UNIX, "\0" + abstract)
for name in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock",
             "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/sandboxd.sock", "/run/tos-validator/sandboxd.sock", "/dev/log"):
    door(name, stream, socket.AF_UNIX, name)
done()
