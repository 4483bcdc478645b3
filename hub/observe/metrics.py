"""What a process counts. The registry belongs to an application object: two of them in one process do not mix."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from hub.observe.gauges import Gauges

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

OPERATIONS_AT_MOST = 200
"""A client chooses the names of its operations; each name is a time series that stays for ever."""

_ANSWER_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Labels hold names from the code and the configuration, never ids of objects and never a caller's text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._operations: set[str] = set()
        self._http_of: dict[tuple[str, str, int], Histogram] = {}
        self._graphql_of: dict[tuple[str, str], Histogram] = {}
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
        self._webhooks = Counter(
            "contacthub_webhook_calls", "Webhooks received", ["system", "outcome"], registry=self.registry
        )
        self._subscribers = Gauge(
            "contacthub_subscribers", "Open subscriptions", ["subscription"], registry=self.registry
        )
        self.gauges = Gauges(self.registry)

    def answered_http(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the template, not the path, which may hold an id."""
        counted = self._http_of.get((method, route, status))
        if counted is None:
            counted = self._http_of[method, route, status] = self._http.labels(method, route, str(status))
        counted.observe(seconds)

    def answered_graphql(self, operation: str | None, outcome: str, seconds: float) -> None:
        """`outcome` is OK or the code of the first error; names beyond OPERATIONS_AT_MOST count as `other`."""
        name = operation or "anonymous"
        if name not in self._operations:
            if len(self._operations) < OPERATIONS_AT_MOST:
                self._operations.add(name)
            else:
                name = "other"
        counted = self._graphql_of.get((name, outcome))
        if counted is None:
            counted = self._graphql_of[name, outcome] = self._graphql.labels(name, outcome)
        counted.observe(seconds)

    def received_webhook(self, system: str, outcome: str) -> None:
        """`system` is one of hub.yaml; `outcome` ACCEPTED, DUPLICATE or the code of the refusal."""
        self._webhooks.labels(system, outcome).inc()

    def subscribed(self, subscription: str, change: int) -> None:
        """+1 as a subscription opens, -1 as it ends."""
        self._subscribers.labels(subscription).inc(change)

    def exposition(self) -> bytes:
        """The Prometheus text format, to be sent as CONTENT_TYPE."""
        return generate_latest(self.registry)
