"""Counters belong to their application and cannot be blown up from outside."""

from __future__ import annotations

import math
from typing import Any

from hub.observe.gauges import Standing
from hub.observe.metrics import OPERATIONS_AT_MOST, Metrics


def _sample(metrics: Metrics, name: str, labels: dict[str, str]) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_two_applications_in_one_process_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.subscribed("Customer", 1)
    assert _sample(one, "contacthub_subscribers", {"subscription": "Customer"}) == 1
    assert _sample(other, "contacthub_subscribers", {"subscription": "Customer"}) is None


def test_names_chosen_by_clients_stay_bounded() -> None:
    metrics = Metrics()
    for number in range(OPERATIONS_AT_MOST + 50):
        metrics.answered_graphql(f"Op{number}", "OK", 0.01)
    metrics.answered_graphql("Op3", "OK", 0.01)
    count = "contacthub_graphql_operation_seconds_count"
    assert _sample(metrics, count, {"operation": "other", "outcome": "OK"}) == 50
    assert _sample(metrics, count, {"operation": "Op3", "outcome": "OK"}) == 2
    assert _sample(metrics, count, {"operation": f"Op{OPERATIONS_AT_MOST}", "outcome": "OK"}) is None


def test_operation_without_a_name_is_anonymous() -> None:
    metrics = Metrics()
    metrics.answered_graphql(None, "FORBIDDEN", 0.01)
    labels = {"operation": "anonymous", "outcome": "FORBIDDEN"}
    assert _sample(metrics, "contacthub_graphql_operation_seconds_count", labels) == 1


def standing(**given: Any) -> Standing:
    nothing: dict[str, Any] = {name: {} for name in ("rows", "oldest_ready_s", "flow_lag_s", "quarantined", "systems")}
    return Standing(**(nothing | {"feed_pending": 0, "feed_lag_s": 0.0} | given))


def test_what_has_gone_disappears() -> None:
    metrics = Metrics()
    metrics.gauges.show(standing(rows={("daily", "READY"): 7, ("realtime", "READY"): 1}, systems={"crm": "ACTIVE"}))
    metrics.gauges.show(standing(rows={("daily", "READY"): 5}, systems={"crm": "SUSPENDED"}))
    assert _sample(metrics, "contacthub_dispatch_rows", {"queue": "daily", "state": "READY"}) == 5
    assert _sample(metrics, "contacthub_dispatch_rows", {"queue": "realtime", "state": "READY"}) is None
    assert _sample(metrics, "contacthub_system_state", {"system": "crm", "state": "SUSPENDED"}) == 1
    assert _sample(metrics, "contacthub_system_state", {"system": "crm", "state": "ACTIVE"}) is None


def test_a_store_that_does_not_answer_leaves_no_old_figures() -> None:
    metrics = Metrics()
    metrics.gauges.show(standing(quarantined={"crm-customers": 3}, feed_lag_s=2.0))
    assert _sample(metrics, "contacthub_store_answers", {}) == 1
    metrics.gauges.show_nothing()
    assert _sample(metrics, "contacthub_store_answers", {}) == 0
    assert _sample(metrics, "contacthub_quarantine_open", {"flow": "crm-customers"}) is None
    assert math.isnan(_sample(metrics, "contacthub_feed_lag_seconds", {}) or 0.0)


def test_exposition_holds_what_was_counted() -> None:
    metrics = Metrics()
    metrics.answered_http("POST", "/graphql", 200, 0.02)
    drifted = {("crm", "customer", "NEW_FIELD"): 4}
    ways = {"drifts_open": {("crm", "customer"): 2}, "audit_drift": {"crm-customers": 5}}
    metrics.gauges.show(standing(feed_pending=3, feed_lag_s=0.25, flow_lag_s={"7": 60.0}, drifted=drifted, **ways))
    metrics.subscribed("customerUpdates", 1)
    lines = metrics.exposition().decode().splitlines()
    for line in (
        'contacthub_http_request_seconds_count{method="POST",route="/graphql",status="200"} 1.0',
        "contacthub_feed_pending 3.0",
        "contacthub_feed_lag_seconds 0.25",
        'contacthub_flow_lag_seconds{flow="7"} 60.0',
        'contacthub_contract_drift_objects{entity="customer",kind="NEW_FIELD",system="crm"} 4.0',
        'contacthub_contract_drifts_open{entity="customer",system="crm"} 2.0',
        'contacthub_migration_drift{flow="crm-customers"} 5.0',
        'contacthub_subscribers{subscription="customerUpdates"} 1.0',
    ):
        assert line in lines
