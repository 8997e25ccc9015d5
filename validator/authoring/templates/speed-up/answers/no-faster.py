import sys


def count(limit):
    """Primes below a limit, by dividing each number by all smaller ones up to its root."""
    found = 0
    for number in range(2, limit):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        found += 1 if divisor * divisor > number else 0
    return found


for word in sys.stdin.read().split():
    print(count(int(word)))
