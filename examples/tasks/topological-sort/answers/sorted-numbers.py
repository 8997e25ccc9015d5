import sys

print(*range(1, int(sys.stdin.readline().split()[0]) + 1))
