# Writes one byte at a time, flushing each, for ever.
import os

while True:
    os.write(1, b"x")
