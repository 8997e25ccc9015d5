import sys

values = list(map(int, sys.stdin.read().split()))
rank = {value: place for place, value in enumerate(sorted(set(values)), 1)}
tree, count = [0] * (len(rank) + 1), 0
for seen, value in enumerate(values):
    place, not_greater = rank[value], 0
    while place:
        not_greater += tree[place]
        place &= place - 1
    count += seen - not_greater
    place = rank[value]
    while place < len(tree):
        tree[place] += 1
        place += place & -place
print(count)
