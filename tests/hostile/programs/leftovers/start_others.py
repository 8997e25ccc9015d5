# Starts what the one before may have poisoned.
import json
import subprocess

for words in (["python3", "-c", "import json"], ["bash", "-lic", ":"], ["bash", "-c", ":"]):
    done = subprocess.run(words, capture_output=True, check=False)
    print((done.stdout + done.stderr).decode(errors="replace")[:500])
print("tried", json.dumps(1))
