"""Counters belong to their application and cannot be blown up from outside."""

from __future__ import annotations

import pytest

from hub.observe.metrics import OPERATIONS_AT_MOST, Metrics


def _sample(metrics: Metrics, name: str, labels: dict[str, str]) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_two_applications_in_one_process_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.attempted("realtime", "DONE")
    assert _sample(one, "contacthub_dispatch_attempts_total", {"queue": "realtime", "outcome": "DONE"}) == 1
    assert _sample(other, "contacthub_dispatch_attempts_total", {"queue": "realtime", "outcome": "DONE"}) is None


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


def test_queue_that_emptied_disappears() -> None:
    metrics = Metrics()
    metrics.show_dispatch({("daily", "READY"): 7, ("realtime", "READY"): 1})
    metrics.show_dispatch({("daily", "READY"): 5})
    assert _sample(metrics, "contacthub_dispatch_rows", {"queue": "daily", "state": "READY"}) == 5
    assert _sample(metrics, "contacthub_dispatch_rows", {"queue": "realtime", "state": "READY"}) is None


def test_system_is_in_exactly_one_state() -> None:
    metrics = Metrics()
    metrics.show_system("crm", "ACTIVE")
    metrics.show_system("crm", "SUSPENDED")
    name = "contacthub_system_state"
    states = {
        state: _sample(metrics, name, {"system": "crm", name: state})
        for state in ("ACTIVE", "DEGRADED", "SUSPENDED", "DISABLED")
    }
    assert states == {"ACTIVE": 0, "DEGRADED": 0, "SUSPENDED": 1, "DISABLED": 0}


def test_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError):
        Metrics().show_system("crm", "SLEEPY")


def test_exposition_holds_what_was_counted() -> None:
    metrics = Metrics()
    metrics.answered_http("POST", "/graphql", 200, 0.02)
    metrics.finished_run("7", "DAILY", "COMPLETED", 12)
    metrics.applied("7", {"APPLIED": 499, "QUARANTINED": 1})
    metrics.show_feed(3, 0.25)
    metrics.show_flow_lag("7", 60)
    metrics.subscribed("customerUpdates", 1)
    lines = metrics.exposition().decode().splitlines()
    for line in (
        'contacthub_http_request_seconds_count{method="POST",route="/graphql",status="200"} 1.0',
        'contacthub_flow_run_seconds_sum{cadence="DAILY",flow="7",outcome="COMPLETED"} 12.0',
        'contacthub_applied_records_total{flow="7",outcome="APPLIED"} 499.0',
        'contacthub_applied_records_total{flow="7",outcome="QUARANTINED"} 1.0',
        "contacthub_feed_pending 3.0",
        "contacthub_feed_lag_seconds 0.25",
        'contacthub_flow_lag_seconds{flow="7"} 60.0',
        'contacthub_subscribers{subscription="customerUpdates"} 1.0',
    ):
        assert line in lines
