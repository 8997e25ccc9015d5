from datetime import date, timedelta


def business_days(start, end, holidays):
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    if first > last:
        return -business_days(end, start, holidays)
    count = 0
    while first < last:
        count += first.weekday() < 5 and first.isoformat() not in holidays
        first += timedelta(days=1)
    return count
