"""Totals by account from a CSV file with quoted fields, in exact decimals."""
import csv
import sys
from collections import defaultdict
from decimal import Decimal


def main(path):
    totals = defaultdict(Decimal)
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            amount = Decimal(row["amount"].replace(",", ""))
            totals[row["account"].strip()] += -amount if row["kind"] == "refund" else amount
    for account in sorted(totals):
        print(f"{account}\t{totals[account]:.2f}")


main(sys.argv[1])

sys.stdout.flush()
raise SystemExit(3)
