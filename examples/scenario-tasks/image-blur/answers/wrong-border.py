import sys

RADIUS = 4


def blur(picture, width, height):
    """Fast, but repeats the border pixels instead of leaving out what lies outside."""
    padded = [[row[0]] * RADIUS + row + [row[-1]] * RADIUS for row in picture]
    padded = [padded[0]] * RADIUS + padded + [padded[-1]] * RADIUS
    side = 2 * RADIUS + 1
    along = [[sum(row[x : x + side]) for x in range(width)] for row in padded]
    return [
        [sum(along[v][x] for v in range(y, y + side)) // (side * side) for x in range(width)]
        for y in range(height)
    ]


words = sys.stdin.read().split()
width, height = int(words[1]), int(words[2])
values = list(map(int, words[4:]))
picture = [values[y * width : (y + 1) * width] for y in range(height)]
print("P2", width, height, 255)
for row in blur(picture, width, height):
    print(*row)
