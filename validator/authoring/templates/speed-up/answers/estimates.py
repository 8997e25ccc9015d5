import math
import sys

for word in sys.stdin.read().split():
    number = int(word)
    print(round(number / (math.log(number) - 1)) if number > 9 else 4)
