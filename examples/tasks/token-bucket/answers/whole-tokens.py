"""Which requests does a token bucket let through?"""


def admitted(capacity, per_second, requests):
    tokens, last, allowed = float(capacity), 0.0, []
    for at, cost in requests:
        tokens = min(capacity, tokens + int((at - last) * per_second))
        last = at
        if cost <= tokens + 1e-9:
            tokens -= cost
            allowed.append(True)
        else:
            allowed.append(False)
    return {"allowed": allowed, "left": tokens}
