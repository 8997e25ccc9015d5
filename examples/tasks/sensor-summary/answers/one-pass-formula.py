"""Mean, sample deviation and median of readings, in one careful pass."""
import math
import sys

values = [float(word) for word in sys.stdin.read().split()]
mean = math.fsum(values) / len(values)
spread = math.sqrt(abs(sum(v * v for v in values) / len(values) - mean * mean) * len(values) / (len(values) - 1))
ordered = sorted(values)
middle = len(ordered) // 2
median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
print(f"{mean:.10g} {spread:.10g} {median:.10g}")
