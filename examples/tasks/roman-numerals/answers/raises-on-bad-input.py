"""Roman numerals, strictly: only the one usual spelling of each number is read."""

PARTS = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]


def write(number):
    text = ""
    for value, letters in PARTS:
        count, number = divmod(number, value)
        text += letters * count
    return text


def parse_roman(text):
    number, rest = {"": 0}.get(text, 0), text
    [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[c] for c in text]
    for value, letters in PARTS:
        while rest.startswith(letters):
            number += value
            rest = rest[len(letters):]
    if rest or not text or number > 3999 or write(number) != text:
        return None
    return number
