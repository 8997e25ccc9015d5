# Shows all that it can see of anybody's environment and command line; the table knows what must not
# be among it.
import os

for pid in os.listdir("/proc"):
    if pid.isdigit() or pid == "self":
        for name in ("environ", "cmdline", "status", "cgroup", "mountinfo"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    os.write(1, file.read()[:4000] + b"\n")
            except OSError:
                pass
print(os.uname(), os.getlogin if False else "", "tried", flush=True)
