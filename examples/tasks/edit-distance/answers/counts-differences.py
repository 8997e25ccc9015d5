first, second = input(), input()
print(sum(a != b for a, b in zip(first, second)) + abs(len(first) - len(second)))
