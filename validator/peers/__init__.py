"""What a crowd of miners thinks of an answer: votes in, a consensus that liars cannot steer out.

Pure arithmetic over numpy arrays: no clock, no network, no database. The same votes give the same
bytes on every machine, since votes are sorted first and every random draw comes from a fixed seed.
"""
