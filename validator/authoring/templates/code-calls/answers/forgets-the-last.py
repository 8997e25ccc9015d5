def longest_run(values):
    longest = run = 0
    last = None
    for value in values:
        if value == last:
            run += 1
        else:
            longest = max(longest, run)
            run = 1
        last = value
    return longest
