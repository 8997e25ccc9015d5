def clamp(value, low, high):
    """Nearest value inside [low, high]."""
    if low > high:
        raise ValueError("low is above high")
    return min(max(value, low), high)
