"""Box blur of a grey picture (PGM, plain): every pixel becomes the mean of its neighbourhood."""

import sys

RADIUS = 4


def blur(picture, width, height):
    out = []
    for y in range(height):
        row = []
        for x in range(width):
            total = count = 0
            for v in range(max(0, y - RADIUS), min(height, y + RADIUS + 1)):
                for u in range(max(0, x - RADIUS), min(width, x + RADIUS + 1)):
                    total += picture[v][u]
                    count += 1
            row.append(total // count)
        out.append(row)
    return out


words = sys.stdin.read().split()
width, height = int(words[1]), int(words[2])
values = list(map(int, words[4:]))
picture = [values[y * width : (y + 1) * width] for y in range(height)]
print("P2", width, height, 255)
for row in blur(picture, width, height):
    print(*row)
