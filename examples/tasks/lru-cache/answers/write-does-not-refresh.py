"""Replay operations on a cache that forgets what was used least recently."""
from collections import OrderedDict


def replay(capacity, operations):
    if capacity < 1:
        raise ValueError("capacity must be at least 1")
    entries, results = OrderedDict(), []
    for operation, key, *value in operations:
        if operation == "put":
            entries[key] = value[0]
            if len(entries) > capacity:
                entries.popitem(last=False)
        elif key in entries:
            entries.move_to_end(key)
            results.append(entries[key])
        else:
            results.append(None)
    return results
