def round_amount(amount, places=2):
    return f"{round(float(amount), places):.{places}f}"
