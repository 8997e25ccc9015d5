"""One submission through its automatic plan: values in, a verdict out."""

from validator.pipeline.cage import SharedSandbox, open_cage
from validator.pipeline.pipeline import Pipeline
from validator.pipeline.retry import retry_wanted

__all__ = ["Pipeline", "SharedSandbox", "open_cage", "retry_wanted"]
