import sys

sys.setrecursionlimit(10_000)
numbers = list(map(int, sys.stdin.read().split()))
steps, links = numbers[0], numbers[1]
before = {step: [] for step in range(1, steps + 1)}
for first, second in zip(numbers[2::2], numbers[3::2]):
    before[second].append(first)
state, order = {}, []


def visit(step):
    if state.get(step) == "open":
        print("CYCLE")
        sys.exit()
    if step not in state:
        state[step] = "open"
        for need in before[step]:
            visit(need)
        state[step] = "done"
        order.append(step)


for step in range(steps, 0, -1):
    visit(step)
print(*order)
