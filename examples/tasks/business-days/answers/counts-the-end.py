"""Count working days between two dates."""
from datetime import date, timedelta


def business_days(start, end, holidays):
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    free = {date.fromisoformat(day) for day in holidays}
    sign = 1
    if first > last:
        first, last, sign = last, first, -1
    last += timedelta(days=1)
    span = (last - first).days
    weeks, rest = divmod(span, 7)
    count = weeks * 5
    for offset in range(rest):
        count += (first + timedelta(days=weeks * 7 + offset)).weekday() < 5
    count -= sum(1 for day in free if first <= day < last and day.weekday() < 5)
    return sign * count
