import sys
from functools import lru_cache

sys.setrecursionlimit(10_000)
first, second = input(), input()


@lru_cache(maxsize=None)
def distance(i, j):
    if i == 0 or j == 0:
        return i + j
    if first[i - 1] == second[j - 1]:
        return distance(i - 1, j - 1)
    return 1 + min(distance(i - 1, j), distance(i, j - 1), distance(i - 1, j - 1))


print(distance(len(first), len(second)))
