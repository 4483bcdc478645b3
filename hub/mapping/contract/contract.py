"""A contract at work: does an object fit, and if not, what of it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from hub.errors import Drifted
from hub.mapping.contract.fits import Fits
from hub.mapping.contract.shape import Shape
from hub.mapping.contract.walk import LEFT_OUT, Drift, Walk
from hub.records.drift import DriftKind, DriftPolicy
from hub.records.source import JsonObject


@dataclass(frozen=True, slots=True)
class Judged:
    """What of an object is taken, how it differs, and why it goes to quarantine if it does.

    Under FREEZE it is the caller who stops; `body` is the whole object then, as nothing of it may be applied.
    """

    body: JsonObject
    drifts: tuple[Drift, ...]
    refused: Drifted | None = None


@dataclass(frozen=True)
class Contract:
    """Ready to run; `version` is the declared version and a digest of the content, as a mapping's is."""

    version: str
    policies: Mapping[DriftKind, DriftPolicy]
    shape: Shape = field(repr=False)
    fits: Fits = field(repr=False)

    def judge(self, body: JsonObject) -> Judged:
        """For an object that does not fit; one that does, after all, comes back whole and without drifts."""
        walk = Walk(self.policies)
        taken = walk.taken(self.shape, body)
        drifts = tuple(walk.drifts.values())
        by_policy = {drift.policy: drift for drift in reversed(drifts)}
        if DriftPolicy.FREEZE in by_policy:
            return Judged(body, drifts)
        if DriftPolicy.DISCARD_ROW in by_policy:
            return Judged(body, drifts, _drifted(by_policy[DriftPolicy.DISCARD_ROW]))
        if taken is LEFT_OUT:
            return Judged(body, drifts, _drifted(by_policy[DriftPolicy.DISCARD_VALUE]))
        return Judged(cast("JsonObject", taken), drifts)


def _drifted(drift: Drift) -> Drifted:
    return Drifted(f"{drift.kind.value} at {drift.path}: {drift.detail}", tuple(drift.path.split(".")))
