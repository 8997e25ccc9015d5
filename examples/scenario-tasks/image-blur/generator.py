"""A picture of some discs and stripes, and noise: argv = side in pixels, seed."""

import random
import sys

side, seed = int(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
discs = [
    (chance.randrange(side), chance.randrange(side), chance.randrange(2, max(3, side // 3)))
    for _ in range(6)
]
stripe = chance.randrange(3, 9)
print("P2", side, side, 255)
for y in range(side):
    row = []
    for x in range(side):
        shade = 60 if (x + y) // stripe % 2 else 120
        for u, v, radius in discs:
            if (x - u) ** 2 + (y - v) ** 2 < radius * radius:
                shade = 235
        row.append(max(0, min(255, shade + chance.randrange(-20, 21))))
    print(*row)
