"""Group words that are anagrams of each other."""
import sys
from collections import defaultdict

groups = defaultdict(list)
for word in sys.stdin.read().split():
    groups["".join(sorted(word.lower()))].append(word.lower())
for words in groups.values():
    if len(words) > 1:
        print(" ".join(sorted(words)))
