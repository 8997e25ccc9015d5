# One call into a library, with no way to interrupt it from inside.
import re

re.match(r"(a+)+$", "a" * 60 + "b")
