"""Tasks to copy from, and the demo that judges answers to them: `python -m examples`."""
