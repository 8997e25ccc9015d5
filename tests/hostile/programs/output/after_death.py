# The parent answers and leaves; the child writes more, later.
import os
import time

if os.fork() == 0:
    time.sleep(0.7)
    print("LATE", flush=True)
    os._exit(0)
print("early", flush=True)
os._exit(0)
