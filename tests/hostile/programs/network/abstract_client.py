# Looks for the neighbour of another session.
import socket
import sys

from attack import done, door

unix = socket.socket(socket.AF_UNIX)
door("abstract name", unix.connect, "\0" + sys.argv[1])
door("loopback", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 0.5).close())
done()
