import sys

values = list(map(int, sys.stdin.read().split()))
print(sum(a > b for a, b in zip(values, values[1:])))
