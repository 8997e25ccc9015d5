VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def parse_roman(text):
    total = 0
    for here, after in zip(text, text[1:] + " "):
        value = VALUES.get(here)
        if value is None:
            return None
        total += -value if value < VALUES.get(after, 0) else value
    return total or None
