# Gives files the rights that their programs shall have.
import os

from attack import done, door

with open("f", "wb") as file:
    file.write(b"#!/bin/sh\nid\n")
rights = b"\x01\x00\x00\x02" + b"\xff\xff\xff\xff" * 4
door("capabilities", os.setxattr, "f", "security.capability", rights)
door("trusted", os.setxattr, "f", "trusted.x", b"x")
door("owner", os.chown, "f", 0, 0)
door("group", os.chown, "f", -1, 0)
door("set-user-id of another", lambda: os.chmod("/etc/passwd", 0o6755))
done()
