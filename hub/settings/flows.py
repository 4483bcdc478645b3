"""Flows and their lanes, as written and as the hub uses them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode, MisfirePolicy, OverlapPolicy, RealTimeRoad
from hub.settings.migrations import DEFAULT_RULES, MigrationRules
from hub.settings.offers import ConsentRule
from hub.settings.written import Written
from hub.yaml.nearest import nearest

HUB: Final = SystemName("hub")
"""The name that stands for the hub itself as a flow's source or target."""


def _cron(text: str) -> str:
    try:
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        hint = {"reason": str(error).lower(), "allowed": 'minute hour day month weekday: "0 3 * * 1" is Monday at 3:00'}
        raise PydanticCustomError("cron", "is not a cron expression: {reason}", hint) from error
    return text


def _time_zone(text: str) -> str:
    if text not in available_timezones():
        close = nearest(text, available_timezones())
        hint = f"did you mean {close!r}?" if close else "an IANA name such as Europe/Amsterdam"
        raise PydanticCustomError("time_zone", "is not a time zone", {"allowed": hint})
    return text


Cron = Annotated[str, AfterValidator(_cron)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]


class Lane(Written):
    """A flow's road at one cadence."""

    cadence: FlowCadence = Field(description="WEEKLY, DAILY, HOURLY or REAL_TIME; at most one lane of each in a flow.")
    mode: LaneMode = Field(
        description="AUTHORITATIVE (exactly one lane of a flow), SHADOW, VERIFY, STANDBY or RETIRED."
    )
    cron: Cron | None = Field(
        None,
        description="When it runs: minute hour day month weekday. REAL_TIME needs none (the source pushes, or a change "
        "in the hub starts it); with one it is a short poll, and six fields then begin with seconds.",
    )
    time_zone: TimeZone = Field(
        "UTC", description="IANA zone of `cron`; changes to and from summer time neither skip nor repeat a run."
    )
    via: str | None = Field(
        None, description="A system by which this lane comes where that is not the flow's source: its weekly file."
    )
    page_size: int = Field(500, ge=1, le=10_000, description="Records read, applied and committed at once.")
    overlap_s: int = Field(
        900, ge=0, le=86_400, description="Seconds of source time read again by each run, for rows that commit late."
    )
    settle_s: int = Field(
        60,
        ge=0,
        le=86_400,
        description="Only where the source pushes: seconds that an event may take to arrive. A comparison of lanes "
        "waits so long for what is still on its way.",
    )
    sweep: bool = Field(False, description="After a complete run, look which ids still exist at the source.")
    max_delete_share: float = Field(
        0.05, ge=0, le=1, description="A run that would delete a larger share of the records stops and asks a person."
    )
    misfire: MisfirePolicy = Field(
        MisfirePolicy.RUN_ONCE, description="Runs were missed: RUN_ONCE catches up with one, SKIP waits for the next."
    )
    overlap: OverlapPolicy = Field(
        OverlapPolicy.SKIP, description="The last run still works: SKIP drops the new one, QUEUE starts it afterwards."
    )


class FlowConsent(ConsentRule):
    """Which purpose a flow from the hub serves: nothing of customers who do not allow it leaves by it."""

    channel: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="The channel that a consent must name; left out: one for all channels.",
    )


class FlowEntry(Written):
    """One entry under `flows:`."""

    business_flow: int = Field(ge=1, le=12, description="Number of the information flow that this is an instance of.")
    title: str | None = Field(None, min_length=1, max_length=200, description="Words for people; default: the flow's.")
    planned: bool = Field(
        False, description="Declared, but nothing runs yet; entity, source and lanes may be left out."
    )
    entity: Entity | None = Field(None, description="The canonical record that travels: customer, sales_order, ...")
    source: str | None = Field(None, description="A system, or `hub` for what the hub sends out.")
    target: str = Field("hub", description="`hub` (what comes in) or a system.")
    lanes: tuple[Lane, ...] = Field((), description="The flow's roads, one per cadence.")
    prerequisites: tuple[str, ...] = Field(
        (),
        description="Flows that must be at least as fast as this one: its lane that counts must not be faster than "
        "theirs, neither here nor by a migration.",
    )
    fields: tuple[str, ...] = Field(
        (),
        description="Only for customers from `hub`: the fields whose golden value the hub writes there where the "
        "system has another: name, given_name, family_name, birth_date, language, status, customer_number, tone, "
        "preferred_channel, value_class, lifetime_value.",
    )
    consent: FlowConsent | None = Field(
        None, description="Only from `hub`: the purpose it serves; nothing leaves of who does not allow it."
    )
    migration: MigrationRules | None = Field(
        None, description="Where this flow's migration differs from `migrations`: the same keys."
    )


@dataclass(frozen=True)
class Flow:
    """A flow that runs: one of `source` and `target` is the hub, and exactly one lane is AUTHORITATIVE."""

    name: FlowName
    business_flow: int
    title: str
    entity: Entity
    source: SystemName
    target: SystemName
    lanes: tuple[Lane, ...]
    prerequisites: tuple[FlowName, ...]
    migration: MigrationRules = DEFAULT_RULES
    fields: tuple[str, ...] = ()
    consent: FlowConsent | None = None

    @property
    def inbound(self) -> bool:
        """True from a system into the hub."""
        return self.target == HUB

    @property
    def system(self) -> SystemName:
        """The side that is not the hub."""
        return self.source if self.inbound else self.target

    @property
    def road(self) -> RealTimeRoad | None:
        """How the REAL_TIME lane hears of changes; None without such a lane, and for what the hub sends out."""
        lane = next((lane for lane in self.lanes if lane.cadence is FlowCadence.REAL_TIME), None)
        if lane is None or not self.inbound:
            return None
        return RealTimeRoad.PUSH if lane.cron is None else RealTimeRoad.POLL

    @property
    def authoritative(self) -> Lane:
        """The lane whose records count as the file has it; a migration may have moved that to another lane since."""
        return next(lane for lane in self.lanes if lane.mode is LaneMode.AUTHORITATIVE)


@dataclass(frozen=True)
class PlannedFlow:
    """A flow that is declared and does not run yet."""

    name: FlowName
    business_flow: int
    title: str
    entity: Entity | None
    source: str | None
    target: str | None
