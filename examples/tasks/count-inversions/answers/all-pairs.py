import sys

values = list(map(int, sys.stdin.read().split()))
print(sum(values[i] > values[j] for i in range(len(values)) for j in range(i + 1, len(values))))
