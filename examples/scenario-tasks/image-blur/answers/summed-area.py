import sys

RADIUS = 4


def blur(picture, width, height):
    """Sums over rectangles from a table of sums: four look-ups a pixel."""
    table = [[0] * (width + 1)]
    for row in picture:
        line, total, above = [0], 0, table[-1]
        for x, value in enumerate(row, 1):
            total += value
            line.append(total + above[x])
        table.append(line)
    spans = [(max(0, x - RADIUS), min(width, x + RADIUS + 1)) for x in range(width)]
    out = []
    for y in range(height):
        top, bottom = max(0, y - RADIUS), min(height, y + RADIUS + 1)
        upper, lower, rows = table[top], table[bottom], bottom - top
        out.append(
            [
                (lower[right] - upper[right] - lower[left] + upper[left]) // ((right - left) * rows)
                for left, right in spans
            ]
        )
    return out


words = sys.stdin.read().split()
width, height = int(words[1]), int(words[2])
values = list(map(int, words[4:]))
picture = [values[y * width : (y + 1) * width] for y in range(height)]
print("P2", width, height, 255)
for row in blur(picture, width, height):
    print(*row)
