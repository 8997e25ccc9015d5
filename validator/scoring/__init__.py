"""From the results of checks to a decision, in integers and without a clock."""

from validator.scoring.confidence import confidence
from validator.scoring.score1 import decide

__all__ = ["confidence", "decide"]
