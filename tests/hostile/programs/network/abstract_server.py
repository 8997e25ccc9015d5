# Listens on an abstract name and on a loopback port (arguments) for whoever comes, for a while.
import socket
import sys
import time

unix = socket.socket(socket.AF_UNIX)
unix.bind("\0" + sys.argv[1])
unix.listen()
tcp = socket.create_server(("127.0.0.1", int(sys.argv[2])))
print("listening", flush=True)
time.sleep(1.5)
tcp.settimeout(0), unix.settimeout(0)
for server in (unix, tcp):
    try:
        server.accept()
        print("OPEN somebody came")
    except OSError:
        pass
