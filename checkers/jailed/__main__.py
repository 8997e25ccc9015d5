"""The warm parent of one family of works: `python -m checkers.jailed <family>`."""

from __future__ import annotations

import socket
import sys

from checkers.jailed.parent import Parent

if __name__ == "__main__":
    Parent(sys.argv[1], socket.socket(fileno=0)).serve()
