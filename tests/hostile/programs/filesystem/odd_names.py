# Names of 255 bytes that are no text and hold a line break; names that read like options or codes.
import os

for name in (b"\xff\n" + b"x" * 253, b"\xed\xa0\x80" * 85, b"-rf", b"--", b"*", b"$(reboot)", b"a\nb\tc", b"\x1b[2J",
             b"\x01", b" ", b"...", b"caf\xc3\xa9", b"cafe\xcc\x81", b"%s%n", b"con", b"\\..\\x"):
    with open(name, "wb") as file:
        file.write(b"odd")
os.makedirs(b"\xfe" * 255 + b"/" + b"\n" * 255)
print("tried")
