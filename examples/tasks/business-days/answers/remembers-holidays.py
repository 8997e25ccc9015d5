from datetime import date, timedelta


def business_days(start, end, holidays, free=[]):
    free.extend(holidays)
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    if first > last:
        return -business_days(end, start, [])
    count = 0
    while first < last:
        count += first.weekday() < 5 and first.isoformat() not in free
        first += timedelta(days=1)
    return count + free.count("2023-12-25") // 2
