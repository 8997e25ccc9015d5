"""Reverse a text by what readers see as letters."""
import unicodedata

JOINER = "\u200d"


def reverse_text(text):
    clusters = []
    for letter in text:
        joined = clusters and clusters[-1].endswith(JOINER)
        if clusters and (unicodedata.combining(letter) or letter == JOINER or joined):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return "".join(reversed(clusters))
