"""What only looks like a statement about the data: patterns that are covered beforehand."""

from __future__ import annotations

import re
from typing import Final

MARK: Final = "\ue000"
"""Stands for a column's name while numbers are looked for: its digits state nothing."""

_MONTH: Final = (
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|January|February|March|April|June|July|"
    r"August|September|October|November|December)"
)
_LABELS: Final = (
    r"figures?|fig\.?|tables?|tab\.|steps?|sections?|sec\.|chapters?|pages?|p\.|pp\.|versions?|v\.?|"
    r"appendix|equations?|eq\.|notes?|items?|questions?|q|part|phase|python|pandas|numpy|polars|"
    r"release|model|experiment|stage|lines?|columns?|footnote|ref\.?|no\.|number|issue"
)
_NOUNS: Final = (
    r"further|more|other|additional|remarks?|steps?|sections?|pages?|figures?|tables?|authors?|"
    r"decimals?|decimal places|digits|significant|bins|folds|models?|degrees? of freedom"
)
_AMOUNTS: Final = (
    r"[\u20ac$\u00a3]|(?:euros?|EUR|dollars?|USD|pounds?|GBP|cents?|kg|km|kWh|tons?|tonnes?|lit(?:er|re)s?"
    r"|units?|pieces?|items?|orders?|customers?|rows?|hours?|days?)\b"
)
_LEVELS: Final = r"confidence|CI\b|credible|significance|level|quantile|percentile"

NOT_SAID: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    for pattern in (
        r"```.*?(?:```|\Z)",
        r"https?://\S+",
        r"\b[\w.-]{1,100}\.(?:csv|tsv|xlsx?|json|parquet|png|jpe?g|svg|pdf|py|ipynb|md|txt)\b",
        r"\b\d{4}-\d{1,2}(?:-\d{1,2})?(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?\b",
        r"\b\d{4}-?[QW]\d{1,2}\b",
        r"\b(?:19|20)\d{2}\s?[-/\u2013\u2014]\s?(?:(?:19|20)\d{2}|\d{2})\b(?![.,%]?\d)",
        r"\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b",
        r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b)?",
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b\.?(?:,?\s+\d{{4}})?",
        rf"\b{_MONTH}\b\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?",
        rf"\b{_MONTH}\b\.?\s+\d{{4}}\b",
        (
            r"\b(?:in|since|until|till|from|to|by|during|of|years?|before|after|between|and|through|"
            r"with|than|versus|vs\.?|against|over)"
            rf"\s+(?:19|20)\d{{2}}\b(?![.,]\d)(?!\s?(?:%|{_AMOUNTS}))"
        ),
        (
            rf"\b(?:{_LABELS})\s?#?\(?\d+(?:\.\d+)*\)?(?:\s+(?:of|and|to|or)\s+\d+)?"
            r"(?:(?:,\s?|-)\d+)*\b"
        ),
        r"^[ \t]{0,3}\d{1,3}[.)]\s",
        r"\[\d{1,3}(?:,\s?\d{1,3})*\]|\[\^\d+\]",
        r"\b\d+(?:\.\d+)?\s?(?:st|nd|rd|th)\b",
        r"\b(?:top|first|last|next|another|further)\s+\d+\b",
        rf"\b\d+\s+(?:{_NOUNS})\b",
        rf"\b\d+(?:\.\d+)?\s?%\s*(?:-|\s)?(?:{_LEVELS})",
        r"\b(?:alpha|\u03b1|ddof|df|seed|k|bins?|lag|level|threshold|sigma)\s?[=:]\s?-?\d*\.?\d+",
        r"\b(?:significance|confidence)\s+level\s+(?:of\s+)?\d*\.?\d+\s?%?",
        r"\b\d+(?:\.\d+)?\s?(?:GB|MB|GHz|MHz|cores?|CPUs?|threads?)\b",
        r"\bround(?:ed|ing)?\s+to\s+\d+\b",
        r"\bv\d+(?:\.\d+)*\b",
        r"\b(?:t|F|r|chi2|\u03c7\s?[2\u00b2])\s?\(\s?\d[^()]{0,40}\)",
    )
)

_VALUE: Final = r"[-\u2212]?\d[\d,]*(?:\.\d+)?"
_VALUES: Final = rf"{_VALUE}(?:\s*(?:and|or|vs\.?|versus|,)\s*{_VALUE})*"
_WHEN: Final = r"\b(?:where|with|whose|when|if|for|having|which)\b"
_IS: Final = (
    r"(?:is|are|was|equals?|equal to|of|at least|at most|above|below|over|under|exceeds|"
    r"greater than|less than|more than|>=|<=|=+|>|<)"
)

FILTERS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WHEN}[^.\n]{{0,60}}?{MARK}+\s*{_IS}\s*(?:{_IS}\s*)?(?P<n>{_VALUE})",
        rf"\b(?:in|for|from|within)\s+(?:the\s+)?{MARK}+\s+(?P<n>\d{{1,2}}(?:\s*(?:and|or|,|to)\s*\d{{1,2}})*)\b(?![.,]\d|\s?%)",
        rf"{MARK}+\s*(?:==?|>=|<=|>|<)\s*(?P<n>{_VALUES})",
        (
            r"\b(?:falls?|fell|belongs?|are|is)\s+(?:into|to|in)\s+(?:the\s+)?"
            rf"(?:group|class|category|level|bin)?\s*(?P<n>{_VALUE})(?!\s?%)"
        ),
        rf"\b(?:group|groups|class|classes|category|level|levels)\s+(?P<n>{_VALUES})",
        rf"\bbetween\s+{MARK}+\s*(?:=|of|is)?\s*(?P<n>{_VALUE}\s*(?:and|versus|vs\.?)\s*{_VALUE})",
    )
)
"""Group `n` says which rows are meant: `where X is 1`, `for X = 3`, `between X = 2 and 1`."""
