# Waits for a word that only itself could send.
import os

os.read(os.pipe()[0], 1)
