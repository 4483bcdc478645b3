"""What an event of a subscription needed is gone with it."""

from __future__ import annotations

from graphql import ExecutionResult, build_schema, parse

from schema import schema as the_hubs
from schema.execution import Execution

SCHEMA = build_schema("type Query { a: Int } type Subscription { told: Told } type Told { a: Int }")


def test_an_event_leaves_nothing_behind_in_its_subscription() -> None:
    following = Execution.build(SCHEMA, parse("subscription { told { a } }"))
    assert isinstance(following, Execution)
    for number in range(3):
        event = following.build_per_event_executor({"told": {"a": number}})
        assert event.execute_operation(False) == ExecutionResult({"told": {"a": number}}, None)
        assert event._relevant_sub_fields
    assert following._relevant_sub_fields == {}


def test_the_hub_executes_so() -> None:
    assert the_hubs.build_schema().execution_context_class is Execution
