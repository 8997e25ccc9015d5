# Bytes that harm terminals and decoders.
import os

os.write(1, bytes(range(256)) + b"\x1b]0;title\x07\x1b[2J\xe2\x80\xae\xed\xa0\x80\x00\xff\xfe")
