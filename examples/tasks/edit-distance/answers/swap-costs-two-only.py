"""Levenshtein distance with two rows of memory."""


def distance(first, second):
    if len(first) < len(second):
        first, second = second, first
    previous = list(range(len(second) + 1))
    for row, left in enumerate(first, 1):
        current = [row]
        for column, right in enumerate(second, 1):
            current.append(min(
                previous[column] + 1,
                current[-1] + 1,
                previous[column - 1] + 2 * (left != right),
            ))
        previous = current
    return previous[-1]


print(distance(input(), input()))
