"""What a process counts. The registry belongs to an application object: two of them in one process do not mix."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

OPERATIONS_AT_MOST = 200
"""A client chooses the names of its operations; each name is a time series that stays for ever."""

SYSTEM_STATES = ("ACTIVE", "DEGRADED", "SUSPENDED", "DISABLED")

_ANSWER_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_RUN_S = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600)


class Metrics:
    """Labels hold names from the code and the configuration, never ids of objects and never a caller's text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._operations: set[str] = set()
        self._http = Histogram(
            "contacthub_http_request_seconds",
            "Requests by route template",
            ["method", "route", "status"],
            buckets=_ANSWER_S,
            registry=self.registry,
        )
        self._graphql = Histogram(
            "contacthub_graphql_operation_seconds",
            "Operations by name",
            ["operation", "outcome"],
            buckets=_ANSWER_S,
            registry=self.registry,
        )
        self._runs = Histogram(
            "contacthub_flow_run_seconds",
            "Runs of flows",
            ["flow", "cadence", "outcome"],
            buckets=_RUN_S,
            registry=self.registry,
        )
        self._records = Counter(
            "contacthub_applied_records", "Records through apply", ["flow", "outcome"], registry=self.registry
        )
        self._attempts = Counter(
            "contacthub_dispatch_attempts", "Attempts at dispatched work", ["queue", "outcome"], registry=self.registry
        )
        self._dispatch = Gauge(
            "contacthub_dispatch_rows", "Rows of the dispatch table", ["queue", "state"], registry=self.registry
        )
        self._feed_pending = Gauge(
            "contacthub_feed_pending", "Committed changes without a position", registry=self.registry
        )
        self._feed_lag = Gauge(
            "contacthub_feed_lag_seconds", "Age of the first change without a position", registry=self.registry
        )
        self._flow_lag = Gauge(
            "contacthub_flow_lag_seconds", "Age of what a flow last brought", ["flow"], registry=self.registry
        )
        self._subscribers = Gauge(
            "contacthub_subscribers", "Open subscriptions", ["subscription"], registry=self.registry
        )
        self._systems = Enum(
            "contacthub_system_state",
            "State of a connected package",
            ["system"],
            states=SYSTEM_STATES,
            registry=self.registry,
        )

    def answered_http(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the template, not the path, which may hold an id."""
        self._http.labels(method, route, str(status)).observe(seconds)

    def answered_graphql(self, operation: str | None, outcome: str, seconds: float) -> None:
        """`outcome` is OK or the code of the first error; names beyond OPERATIONS_AT_MOST count as `other`."""
        name = operation or "anonymous"
        if name not in self._operations:
            if len(self._operations) < OPERATIONS_AT_MOST:
                self._operations.add(name)
            else:
                name = "other"
        self._graphql.labels(name, outcome).observe(seconds)

    def finished_run(self, flow: str, cadence: str, outcome: str, seconds: float) -> None:
        """One run of a lane, however it ended."""
        self._runs.labels(flow, cadence, outcome).observe(seconds)

    def applied(self, flow: str, counts: Mapping[str, int]) -> None:
        """Records of a page by outcome, once the page has committed."""
        for outcome, count in counts.items():
            self._records.labels(flow, outcome).inc(count)

    def attempted(self, queue: str, outcome: str) -> None:
        """One attempt at a dispatch row; `outcome` is the decision that followed."""
        self._attempts.labels(queue, outcome).inc()

    def show_dispatch(self, rows: Mapping[tuple[str, str], int]) -> None:
        """All rows by (queue, state) now; a pair that is not in it disappears."""
        self._dispatch.clear()
        for (queue, state), count in rows.items():
            self._dispatch.labels(queue, state).set(count)

    def show_feed(self, pending: int, oldest_s: float) -> None:
        """How far the sequencers are behind."""
        self._feed_pending.set(pending)
        self._feed_lag.set(oldest_s)

    def show_flow_lag(self, flow: str, lag_s: float) -> None:
        """How old a flow's last good run is."""
        self._flow_lag.labels(flow).set(lag_s)

    def subscribed(self, subscription: str, change: int) -> None:
        """+1 as a subscription opens, -1 as it ends."""
        self._subscribers.labels(subscription).inc(change)

    def show_system(self, system: str, state: str) -> None:
        """`state` is one of SYSTEM_STATES."""
        self._systems.labels(system).state(state)

    def exposition(self) -> bytes:
        """The Prometheus text format, to be sent as CONTENT_TYPE."""
        return generate_latest(self.registry)
