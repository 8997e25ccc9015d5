import sys

grid = sys.stdin.read().split()[2:]


def ways(row, column):
    if row >= len(grid) or column >= len(grid[0]) or grid[row][column] == "#":
        return 0
    if row == len(grid) - 1 and column == len(grid[0]) - 1:
        return 1
    return ways(row + 1, column) + ways(row, column + 1)


print(ways(0, 0) % 1_000_000_007)
