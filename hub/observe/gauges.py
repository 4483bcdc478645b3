"""How things stand in the store, as last read from it; the same in every web process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge


@dataclass(frozen=True, slots=True)
class Standing:
    """Labels are names of queues, states, flows and systems, nothing of a customer. Ages and lags in seconds.

    `rows` counts the dispatch table by (queue, state) without what is done. `oldest_ready_s` is 0 for a queue where
    nothing waits. `flow_lag_s` leaves out flows that never completed a run, `quarantined` those with nothing open.
    `drifted` counts objects that differed from their contract by (system, entity, kind of drift), `drifts_open` the
    ways in which they differ by (system, entity), under the contract's version that was met last. `audit_drift` are the
    unexplained differences that the newest audit of a flow found, of flows that are audited.
    `deliveries` counts what waits in outbound channels by (channel, state), `delivery_oldest_due_s` is how long the
    first that could leave has waited, by channel. `calls_left` has the systems that were ever called.
    """

    rows: Mapping[tuple[str, str], int]
    oldest_ready_s: Mapping[str, float]
    feed_pending: int
    feed_lag_s: float
    flow_lag_s: Mapping[str, float]
    quarantined: Mapping[str, int]
    systems: Mapping[str, str]
    drifted: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    drifts_open: Mapping[tuple[str, str], int] = field(default_factory=dict)
    audit_drift: Mapping[str, int] = field(default_factory=dict)
    calls_left: Mapping[str, int] = field(default_factory=dict)
    deliveries: Mapping[tuple[str, str], int] = field(default_factory=dict)
    delivery_oldest_due_s: Mapping[str, float] = field(default_factory=dict)


class Gauges:
    """The registered gauges; `show` replaces all of them at once, so what has gone from the store disappears."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, help: str, *labels: str) -> Gauge:
            return Gauge(f"contacthub_{name}", help, labels, registry=registry)

        self._answers = gauge("store_answers", "1 when the figures of the store are from the last seconds, else 0")
        self._rows = gauge(
            "dispatch_rows", "Work that is not done; DEAD, UNKNOWN and PARKED wait for a person", "queue", "state"
        )
        self._oldest = gauge("dispatch_oldest_ready_seconds", "How long the first ready work has waited", "queue")
        self._pending = gauge("feed_pending", "Committed changes without a position, counted up to 10,000")
        self._feed_lag = gauge("feed_lag_seconds", "Age of the first change without a position")
        self._flow_lag = gauge("flow_lag_seconds", "Since when a flow's last complete run is out of date", "flow")
        self._quarantined = gauge("quarantine_open", "Records that wait in quarantine", "flow")
        self._systems = gauge("system_state", "1 for the state a connected package is in", "system", "state")
        self._drifted = gauge(
            "contract_drift_objects", "Objects that differed from their contract so far", "system", "entity", "kind"
        )
        self._drifts_open = gauge(
            "contract_drifts_open", "Ways in which objects differ from their contract as it is now", "system", "entity"
        )
        self._audit_drift = gauge(
            "migration_drift", "Unexplained differences that the newest audit behind a cut-over found", "flow"
        )
        self._calls_left = gauge("system_calls_left", "Calls that real-time work may make this minute", "system")
        self._deliveries = gauge(
            "outbound_deliveries", "Leads on their way; UNKNOWN ones wait for a person", "channel", "state"
        )
        self._due = gauge("outbound_oldest_due_seconds", "How long the first due delivery has waited", "channel")
        of_systems = (self._systems, self._drifted, self._drifts_open, self._calls_left)
        self._labelled = (
            self._rows,
            self._oldest,
            self._flow_lag,
            self._quarantined,
            self._audit_drift,
            self._deliveries,
            self._due,
            *of_systems,
        )

    def show(self, standing: Standing) -> None:
        """This is how things stand now."""
        self._forget()
        self._answers.set(1)
        for (queue, state), count in standing.rows.items():
            self._rows.labels(queue, state).set(count)
        for queue, age_s in standing.oldest_ready_s.items():
            self._oldest.labels(queue).set(age_s)
        self._pending.set(standing.feed_pending)
        self._feed_lag.set(standing.feed_lag_s)
        for flow, lag_s in standing.flow_lag_s.items():
            self._flow_lag.labels(flow).set(lag_s)
        for flow, count in standing.quarantined.items():
            self._quarantined.labels(flow).set(count)
        for system, state in standing.systems.items():
            self._systems.labels(system, state).set(1)
        for system, calls in standing.calls_left.items():
            self._calls_left.labels(system).set(calls)
        for (channel, state), count in standing.deliveries.items():
            self._deliveries.labels(channel, state).set(count)
        for channel, age_s in standing.delivery_oldest_due_s.items():
            self._due.labels(channel).set(age_s)
        for (system, entity, kind), count in standing.drifted.items():
            self._drifted.labels(system, entity, kind).set(count)
        for (system, entity), count in standing.drifts_open.items():
            self._drifts_open.labels(system, entity).set(count)
        for flow, count in standing.audit_drift.items():
            self._audit_drift.labels(flow).set(count)

    def show_nothing(self) -> None:
        """The store does not answer: old figures would read as if all were well."""
        self._forget()
        self._answers.set(0)
        self._pending.set(float("nan"))
        self._feed_lag.set(float("nan"))

    def _forget(self) -> None:
        for gauge in self._labelled:
            gauge.clear()
