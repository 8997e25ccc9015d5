def reverse_text(text):
    return text.encode("ascii", "ignore").decode()[::-1]
