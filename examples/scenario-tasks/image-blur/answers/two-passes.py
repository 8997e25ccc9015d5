import sys

RADIUS = 4


def blur(picture, width, height):
    """First sums along rows, then along columns: twice nine additions instead of eighty-one."""
    spans = [(max(0, x - RADIUS), min(width, x + RADIUS + 1)) for x in range(width)]
    along = [[sum(row[left:right]) for left, right in spans] for row in picture]
    out = []
    for y in range(height):
        near = along[max(0, y - RADIUS) : y + RADIUS + 1]
        sums = map(sum, zip(*near))
        out.append([s // ((r - l) * len(near)) for s, (l, r) in zip(sums, spans)])
    return out


words = sys.stdin.read().split()
width, height = int(words[1]), int(words[2])
values = list(map(int, words[4:]))
picture = [values[y * width : (y + 1) * width] for y in range(height)]
print("P2", width, height, 255)
for row in blur(picture, width, height):
    print(*row)
