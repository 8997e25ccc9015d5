"""Group words that are anagrams of each other."""
import sys
from collections import defaultdict

groups = defaultdict(set)
for word in sys.stdin.read().split():
    groups["".join(sorted(word.lower()))].add(word.lower())
for words in sorted(groups.values(), key=max):
    if len(words) > 1:
        print(" ".join(sorted(words)))
