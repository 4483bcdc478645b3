"""Can the candidate do it? Findings and a forecast, from the configuration and from what has really travelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import consents_of
from hub.migration.desk import Desk
from hub.migration.forecast import Forecast, inbound_load, outbound_load, seed_calls
from hub.migration.lanes import authoritative
from hub.migration.loads import Measured, measured, unmet_prerequisites
from hub.ports.capabilities import Capabilities
from hub.records.lanes import FlowCadence
from hub.settings.flows import Flow, Lane

LOOKED_AT: Final = 1_000
"""Customers of whom the consent is counted."""


class Severity(StrEnum):
    """BLOCKER: the migration cannot start. WARNING: it can, and a gate or a person must watch this."""

    BLOCKER = "BLOCKER"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the candidate cannot do, or lacks, and what covers it; `covered_by` None: nothing does."""

    code: str
    severity: Severity
    message: str
    covered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Preflight:
    """The answer of PREFLIGHT."""

    findings: tuple[Finding, ...]
    forecast: Forecast

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """What keeps the migration from starting."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.BLOCKER)

    def as_body(self) -> dict[str, object]:
        """Plain JSON for evidence and display."""
        findings = [asdict(finding) for finding in self.findings]
        return {"findings": findings, "forecast": self.forecast.as_body()}


async def preflight(connection: AsyncConnection, desk: Desk, flow: Flow, candidate: Lane, now: datetime) -> Preflight:
    """Look at the configuration, the records and the runs so far. Calls no system."""
    incumbent = await _incumbent(connection, desk, flow)
    facts = await measured(connection, flow, now)
    unmet = await unmet_prerequisites(connection, flow, candidate.cadence)
    forecast = _forecast(desk, flow, incumbent, candidate, facts, now)
    can = desk.capabilities(flow, candidate)
    lacks = _inbound_lacks(candidate, can, incumbent.sweep) if flow.inbound else _outbound_lacks(can)
    refusing = await _refusing(connection, flow, now)
    return Preflight((*lacks, *_needs(flow, facts, unmet, forecast), *refusing), forecast)


async def _incumbent(connection: AsyncConnection, desk: Desk, flow: Flow) -> Lane:
    from_cadence = (await authoritative(connection, flow.name)).cadence
    return desk.lane(flow, from_cadence)


def _forecast(desk: Desk, flow: Flow, incumbent: Lane, candidate: Lane, facts: Measured, now: datetime) -> Forecast:
    load_of = inbound_load if flow.inbound else outbound_load
    before = load_of(incumbent, desk.capabilities(flow, incumbent), facts.load, now)
    can = desk.capabilities(flow, candidate)
    after = load_of(candidate, can, facts.load, now)
    # A candidate that only records what it would send calls nobody until the cut-over.
    beside = before.calls_per_day + (after.calls_per_day if flow.inbound else 0.0)
    return Forecast(
        now=before,
        after=after,
        beside_per_day=beside,
        seed_calls=seed_calls(candidate, can, facts.load) if flow.inbound else 0,
        requests_per_minute=desk.limit(flow, candidate),
    )


def _inbound_lacks(lane: Lane, can: Capabilities, audited: bool) -> Iterator[Finding]:
    if can.pull is None:
        message = "the system cannot be pulled, so the candidate cannot be seeded"
        yield Finding("NO_PULL", Severity.BLOCKER, message)
    if lane.cadence is FlowCadence.REAL_TIME and not can.push:
        if lane.cron is None:
            hint = "the system does not push and the lane has no cron for a short poll"
            yield Finding("NO_PUSH", Severity.BLOCKER, hint)
        else:
            yield Finding("NO_PUSH", Severity.WARNING, "the system does not push", f"a short poll: {lane.cron}")
    if not can.versions:
        later = "what is read later wins; LATE and ORDER cannot be told from VALUE"
        yield Finding("NO_VERSIONS", Severity.WARNING, "records carry no change stamp of the source", later)
    if not (lane.sweep and can.sweep):
        found = "the old lane as auditor finds them" if audited and can.sweep else None
        found = "push tells some; the old lane as auditor finds the others" if can.push else found
        missing = "the lane does not sweep" if can.sweep else "the system cannot list its ids"
        yield Finding("NO_DELETES", Severity.WARNING, f"deletes may be missed: {missing}", found)
    if not can.read:
        counted = "unexplained differences count against the candidate, as nobody can be asked"
        yield Finding("NO_READ", Severity.WARNING, "objects cannot be read by id, so there is no referee", counted)


def _outbound_lacks(can: Capabilities) -> Iterator[Finding]:
    if not (can.create or can.update or can.delete):
        yield Finding("NO_WRITE", Severity.BLOCKER, "the system takes no commands")
    if can.create and not can.hub_key:
        message = "a create whose answer is lost cannot be found again by the hub's key"
        yield Finding("NO_HUB_KEY", Severity.WARNING, message, "it stands as unknown until a person has looked")


async def _refusing(connection: AsyncConnection, flow: Flow, now: datetime) -> Sequence[Finding]:
    """Of how many customers nothing will leave, by a look at the first ones that the system knows."""
    asked = flow.consent
    if asked is None:
        return ()
    ids = text(
        "SELECT DISTINCT customer_id FROM customer_identifier WHERE system = :s ORDER BY customer_id LIMIT :most"
    )
    customers = (await connection.execute(ids, {"s": flow.target, "most": LOOKED_AT})).scalars().all()
    consents = (await consents_of(connection, customers)).values()
    refusing = sum(not one.permit(asked.purpose, asked.channel, asked.basis, now) for one in consents)
    if not refusing:
        return ()
    message = f"of the first {len(customers)} customers there {refusing} do not allow {asked.purpose}"
    return (Finding("CONSENT", Severity.WARNING, message, "nothing of them leaves by any lane until they do"),)


def _needs(flow: Flow, facts: Measured, unmet: Sequence[str], forecast: Forecast) -> Iterator[Finding]:
    for prerequisite in unmet:
        covered = "the gate holds the cut-over until then" if flow.migration.prerequisites else None
        yield Finding("PREREQUISITE", Severity.WARNING, prerequisite, covered)
    if flow.inbound and facts.runs == 0:
        message = "the lane that counts now has completed no run: the forecast knows no changes yet"
        yield Finding("NO_RUNS", Severity.WARNING, message)
    allowed = flow.migration.budget_share
    if forecast.share_beside > 1:
        message = f"while both lanes run they need {forecast.share_beside:.0%} of the system's limit"
        yield Finding("OVER_LIMIT", Severity.BLOCKER, message)
    elif forecast.share > allowed:
        message = f"the candidate needs {forecast.share:.0%} of the system's limit, more than {allowed:.0%}"
        yield Finding("BUDGET", Severity.WARNING, message, "the gate holds the cut-over while it is so")
