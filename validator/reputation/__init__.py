"""How good an account is at its work, so far as its results prove it.

By role and by task type, from the lower end of what its results allow. What the chain itself says
of an account is a cost of having many, not a quality (design of votes, section 9), and is shown
apart.
"""
