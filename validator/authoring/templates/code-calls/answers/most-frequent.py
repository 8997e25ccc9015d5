def longest_run(values):
    return max((values.count(value) for value in values), default=0)
