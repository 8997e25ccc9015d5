VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def parse_roman(text):
    if not text or any(letter not in VALUES for letter in text):
        return None
    return sum(VALUES[letter] for letter in text)
