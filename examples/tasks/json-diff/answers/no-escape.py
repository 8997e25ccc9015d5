"""Differences of two JSON values as a list of [path, old, new]."""

ABSENT = {"absent": True}


def differences(old, new, path=""):
    if old is ABSENT or new is ABSENT:
        return [[path, old, new]]
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted(old.keys() | new.keys()):
            found += differences(old.get(key, ABSENT), new.get(key, ABSENT), f"{path}/{escape(key)}")
        return found
    if isinstance(old, list) and isinstance(new, list):
        found = []
        for index in range(max(len(old), len(new))):
            left = old[index] if index < len(old) else ABSENT
            right = new[index] if index < len(new) else ABSENT
            found += differences(left, right, f"{path}/{index}")
        return found
    same = old == new and isinstance(old, bool) == isinstance(new, bool)
    return [] if same else [[path, old, new]]


def escape(key):
    return key
