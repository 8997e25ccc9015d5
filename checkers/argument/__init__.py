"""Is there an argument behind an answer: the check `reasoning`. Form only, linear time, no cage."""
