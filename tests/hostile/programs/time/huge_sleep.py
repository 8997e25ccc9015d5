# Sleeps to an absolute time of another century, and past clocks that overflow.
import ctypes

ctypes.CDLL(None).clock_nanosleep(0, 1, (ctypes.c_long * 2)(2**62, 0), None)
