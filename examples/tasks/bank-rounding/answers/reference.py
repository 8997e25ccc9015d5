"""Round amounts of money half to even, in decimal arithmetic."""
from decimal import ROUND_HALF_EVEN, Decimal


def round_amount(amount, places=2):
    unit = Decimal(1).scaleb(-places)
    rounded = Decimal(amount).quantize(unit, rounding=ROUND_HALF_EVEN)
    return format(abs(rounded) if rounded == 0 else rounded, "f")
