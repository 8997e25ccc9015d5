"""From hostile bytes to a checked document with a plan, or to sentences that name the fields."""

from validator.intake.document import SubmissionDocument
from validator.intake.reading import parse

__all__ = ["SubmissionDocument", "parse"]
