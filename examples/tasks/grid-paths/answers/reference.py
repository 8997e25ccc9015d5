"""Count the ways through a grid with walls, modulo a prime."""
import sys

MODULUS = 1_000_000_007


def main():
    grid = sys.stdin.read().split()[2:]
    ways = [0] * len(grid[0])
    ways[0] = 1
    for row in grid:
        for column, cell in enumerate(row):
            if cell == "#":
                ways[column] = 0
            elif column:
                ways[column] = (ways[column] + ways[column - 1]) % MODULUS
    print(ways[-1])


main()
