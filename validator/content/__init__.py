"""Documents behind pointers: from the chain's text to a submission that intake takes.

Pure but for `loading`, which asks a fetcher. Every way in ends in a value or in a `Refusal` that
says whose fault it is; nothing here decides about an answer.
"""
