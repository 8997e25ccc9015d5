# Takes all rights from everything it leaves, its working directory included, and tries to move that.
import os

from attack import done, door

for n in range(30):
    os.makedirs(f"a{n}/b/c")
    open(f"a{n}/b/f", "w").close()
    for path in (f"a{n}/b/f", f"a{n}/b/c", f"a{n}/b", f"a{n}"):
        os.chmod(path, 0)
door("delete the working directory", os.rmdir, "/box")
door("move the working directory", os.rename, "/box", "/box2")
os.chmod("/box", 0)
done()
