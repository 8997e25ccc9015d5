# A child renames itself after the supervisor and answers on its behalf; the program itself fails.
import ctypes
import os
import sys
import time

if os.fork() == 0:
    for name in (b"python3", b"init", b"bwrap"):
        ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
    os.setsid()
    head = b'{"kind":"outcome","fields":{"status":"ok","exit_code":0},"sizes":[0,0]}'
    frame = len(head).to_bytes(4, "big") + bytes(4) + head
    time.sleep(0.1)
    os.write(1, frame + b"X 0 0 0 0 1 1 1 1\n")
    time.sleep(60)
time.sleep(0.2)
sys.stdout.flush()
os._exit(3)
