"""Merge booked time spans that overlap or touch."""
import sys


def merge(spans):
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def main():
    lines = sys.stdin.read().split("\n")
    count = int(lines[0])
    spans = [tuple(map(int, line.split())) for line in lines[1 : count + 1]]
    for start, end in merge(spans):
        print(start, end)


main()
