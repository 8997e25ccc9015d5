"""Order build steps so that every step comes after what it needs (Kahn)."""
import sys
from collections import defaultdict, deque


def main():
    words = sys.stdin.read().split()
    steps, links = int(words[0]), int(words[1])
    after, waiting = defaultdict(list), [0] * (steps + 1)
    for index in range(links):
        first, second = int(words[2 + 2 * index]), int(words[3 + 2 * index])
        after[first].append(second)
        waiting[second] += 1
    ready = deque(step for step in range(1, steps + 1) if not waiting[step])
    order = []
    while ready:
        step = ready.popleft()
        order.append(step)
        for follower in after[step]:
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    print(*order if len(order) == steps else ["CYCLE"])


main()
