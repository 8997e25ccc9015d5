"""Count pairs that stand in the wrong order, while merging."""
import sys


def sort_and_count(values):
    if len(values) < 2:
        return values, 0
    middle = len(values) // 2
    left, first = sort_and_count(values[:middle])
    right, second = sort_and_count(values[middle:])
    merged, count, i = [], first + second, 0
    for value in right:
        while i < len(left) and left[i] <= value:
            merged.append(left[i])
            i += 1
        count += len(left) - i
        merged.append(value)
    return merged + left[i:], count


values = list(map(int, sys.stdin.read().split()))
print(sort_and_count(values)[1])
