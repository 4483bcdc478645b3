"""What campaign management says about one question, live or the last time it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from hub.errors import Transient
from hub.ports.decision_engine import Asked, DecisionEngine
from hub.records.offers import DecisionSource

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Advice:
    """The only candidates, each with its propensity (None: what the hub knows of it). The hub's own gates still hold:
    consent, contact policy and control groups are no engine's to decide.
    """

    propensities: Mapping[str, float | None]
    source: DecisionSource


async def ask_engine(engine: DecisionEngine, asked: Asked, last: Mapping[str, float] | None) -> Advice | None:
    """The engine's advice, or when that does not come in time the `last` decision's; None when there is none either.

    No transaction may be open: the engine is a remote system.
    """
    try:
        proposed = await engine.propose(asked)
    except Transient as error:
        log.warning("the decision engine gave no answer", reason=error.message, last_decision=last is not None)
        return None if last is None else Advice(last, DecisionSource.LAST_DECISION)
    return Advice({one.proposition: one.propensity for one in proposed}, DecisionSource.CM_LIVE)
