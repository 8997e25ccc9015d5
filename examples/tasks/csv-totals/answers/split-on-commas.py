import sys
from collections import defaultdict
from decimal import Decimal

totals = defaultdict(Decimal)
with open(sys.argv[1]) as file:
    next(file)
    for line in file:
        account, kind, amount, note = line.rstrip("\n").split(",")
        totals[account] += -Decimal(amount) if kind == "refund" else Decimal(amount)
for account in sorted(totals):
    print(f"{account}\t{totals[account]:.2f}")
