# Asks for names; none is known but its own.
import socket

from attack import done, door

for name in ("example.com", "metadata.google.internal", "host.docker.internal", "gateway.docker.internal", "kubernetes.default.svc", "redis", "db"):
    door(name, socket.getaddrinfo, name, 80)
done()
