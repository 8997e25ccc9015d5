import unicodedata


def reverse_text(text):
    return unicodedata.normalize("NFC", text)[::-1]
