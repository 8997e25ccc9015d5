"""One submission through its automatic plan: values in, a verdict out."""

from validator.pipeline.cage import FastLane, SharedSandbox, open_cage, open_fast
from validator.pipeline.lanes import Stakes, choose_lane
from validator.pipeline.pipeline import Pipeline
from validator.pipeline.retry import retry_wanted

__all__ = [
    "FastLane",
    "Pipeline",
    "SharedSandbox",
    "Stakes",
    "choose_lane",
    "open_cage",
    "open_fast",
    "retry_wanted",
]
