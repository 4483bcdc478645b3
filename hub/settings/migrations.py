"""When a flow may move to another cadence, and what is watched afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import Field

from hub.records.lanes import FlowCadence
from hub.settings.written import Written

LAG_P95_SLO_S: Final[Mapping[FlowCadence, float]] = {
    FlowCadence.WEEKLY: 8 * 86_400.0,
    FlowCadence.DAILY: 30 * 3_600.0,
    FlowCadence.HOURLY: 75 * 60.0,
    FlowCadence.REAL_TIME: 60.0,
}
"""A lane's own interval and a quarter of it for the run itself; a minute where changes are pushed or polled."""


class OnDrift(StrEnum):
    """What follows when the auditor finds more than is allowed: tell somebody, or take the cut-over back as well."""

    ALERT = "ALERT"
    ROLL_BACK = "ROLL_BACK"


class MigrationRules(Written):
    """The gates of a migration and the watch after it; a snapshot of them stays with each migration."""

    clean_windows: int = Field(
        3, ge=1, le=100, description="Windows in a row that must be clean; one is a run of the lane that counts now."
    )
    unexplained_max: int = Field(
        0, ge=0, description="Differences in a window that speak against the candidate and still let it be clean."
    )
    key_fields: tuple[str, ...] = Field(
        ("identifiers", "contact_media", "customer_number", "purpose", "status", "customer"),
        description="Fields in which no such difference is ever allowed, whatever `unexplained_max` says.",
    )
    ignore: tuple[str, ...] = Field(
        (), description="Canonical fields that are not compared; of a list's elements as contact_media/label."
    )
    lag_p95_slo_s: float | None = Field(
        None,
        gt=0,
        description="Seconds within which the candidate has 95 % of the changes; default by its cadence: 60 in real "
        "time, 4500 hourly, 108000 daily, 691200 weekly.",
    )
    quarantine_open_max: int = Field(0, ge=0, description="Records of the candidate that may wait in quarantine.")
    net_effects_equal: bool = Field(
        True, description="What leaves must come to the same at its targets; asked of flows from the hub only."
    )
    budget_share: float = Field(
        0.5, gt=0, le=1, description="Share of the system's `requests_per_minute` that the candidate may need."
    )
    prerequisites: bool = Field(
        True, description="The flows this one names as prerequisites must be at least as fast as the candidate."
    )
    four_eyes: bool = Field(False, description="Who planned a migration may not approve it.")
    clean_audits: int = Field(
        2,
        ge=0,
        le=100,
        description="Clean windows of the old lane as auditor, in a row, after which the migration is completed; 0: a "
        "person completes it.",
    )
    drift_max: int = Field(0, ge=0, description="Unexplained differences that an audit may find.")
    on_drift: OnDrift = Field(
        OnDrift.ALERT, description="An audit found more: ALERT a person, or ROLL_BACK by itself as well."
    )

    def within(self, flow: MigrationRules | None) -> MigrationRules:
        """These as defaults, with what `flow` says in so many words."""
        if flow is None:
            return self
        return self.model_copy(update={name: getattr(flow, name) for name in flow.model_fields_set})

    def lag_limit_s(self, cadence: FlowCadence) -> float:
        """The objective for a candidate of that cadence."""
        return LAG_P95_SLO_S[cadence] if self.lag_p95_slo_s is None else self.lag_p95_slo_s


DEFAULT_RULES: Final = MigrationRules()
"""The rules of a company that says nothing."""
