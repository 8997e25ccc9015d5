print(sum(n for n in map(int, input().split()) if n % 2 == 0))
