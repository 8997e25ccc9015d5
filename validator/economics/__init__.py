"""The market's money as pure functions: amounts are whole units, shares parts per million.

Nothing here moves money, and the chain of today pays nobody (protocol note, section 7.7): what it
does not settle is an estimate for those who show it.
"""
