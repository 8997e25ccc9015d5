import sys

RADIUS = 4


def blur(picture, width, height):
    """Optimised with local variables and early bounds. (It is the same work in the same order.)"""
    out = []
    radius = RADIUS
    for y in range(height):
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        row = []
        for x in range(width):
            total = 0
            count = 0
            for v in range(top, bottom):
                for u in range(max(0, x - radius), min(width, x + radius + 1)):
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
