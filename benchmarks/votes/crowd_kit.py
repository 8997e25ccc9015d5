"""The peer: crowd-kit's aggregators of classes, where it is installed."""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.peers.pool import Floats, Pool

QUICK: Final[Mapping[str, Mapping[str, Any]]] = {
    "MajorityVote": {},
    "DawidSkene": {},
    "OneCoinDawidSkene": {},
    "MMSR": {},
}
"""Aggregators by class name, and what they are made with: their own defaults."""
SLOW: Final[Mapping[str, Mapping[str, Any]]] = {
    "Wawa": {},
    "ZeroBasedSkill": {},
    "GLAD": {"n_iter": 20, "silent": True},
    "MACE": {"n_restarts": 3, "n_iter": 25},
}
"""Those of which a fit takes hundreds of times ours; the settings of the design's table."""

_log = logging.getLogger(__name__)


def installed() -> bool:
    """True when crowd-kit is here."""
    return find_spec("crowdkit") is not None


def there() -> bool:
    """True when crowd-kit is here; else it is said that its lines are left out."""
    if not installed():
        print(
            "votes: crowd-kit is not installed, so its lines are left out; install it with: "
            ".tools/bin/uv pip install --python .venv/bin/python --group peers",
            file=sys.stderr,
        )
    return installed()


def frame(pool: Pool) -> Any:  # noqa: ANN401 - pandas, known at run time only
    """The votes as crowd-kit wants them; whole numbers, which it joins faster than words."""
    columns = {"task": pool.task, "worker": pool.voter, "label": pool.label}
    return import_module("pandas").DataFrame(columns)


def aggregator(name: str, **options: Any) -> Any:  # noqa: ANN401 - a class of crowd-kit
    """Make an aggregator."""
    return getattr(import_module("crowdkit.aggregation"), name)(**options)


def gold(pool: Pool) -> Any:  # noqa: ANN401 - pandas
    """What is known of the pool, as crowd-kit wants it."""
    known = np.flatnonzero(pool.is_known)
    return import_module("pandas").Series(pool.truth[known], index=known)


def beliefs(name: str, pool: Pool, options: Mapping[str, Any]) -> Floats | None:
    """T x K beliefs of an aggregator, or 1 for the class that it names; None when it fails."""
    fit = aggregator(name, **options)
    try:
        # Of the majority the shares are wanted, since ties count by share.
        if name == "MajorityVote":
            return _ordered(fit.fit_predict_proba(frame(pool)), pool)
        labels = fit.fit_predict(frame(pool)).reindex(range(len(pool.tasks))).to_numpy()
    except Exception as error:  # noqa: BLE001 - a peer's defect is a missing line
        _log.debug("%s failed: %s", name, error)
        fault = type(error).__name__
        print(f"votes: crowd-kit {name} fails with {fault}; left out", file=sys.stderr)
        return None
    belief = np.zeros((len(pool.tasks), len(pool.classes)))
    belief[np.arange(len(belief)), labels.astype(np.int64)] = 1.0
    return belief


def stepped(steps: int) -> Any:  # noqa: ANN401 - a class of crowd-kit
    """Its Dawid-Skene, with so many steps of EM instead of its own stop."""
    return aggregator("DawidSkene", n_iter=steps, tol=-np.inf)


def dawid_skene(pool: Pool, steps: int | None = None, known: Any = None) -> Floats:  # noqa: ANN401
    """T x K beliefs of its Dawid-Skene; `steps` of EM instead of its own stop."""
    fit = aggregator("DawidSkene") if steps is None else stepped(steps)
    return _ordered(fit.fit_predict_proba(frame(pool), known), pool)


def _ordered(table: Any, pool: Pool) -> Floats:  # noqa: ANN401 - a data frame
    ordered = table.reindex(index=range(len(pool.tasks)), columns=range(len(pool.classes)))
    belief: Floats = ordered.fillna(0.0).to_numpy(np.float64)
    return belief
