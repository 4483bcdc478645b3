"""The demonstration's hub.yaml, and the JSON Schema that an editor checks it with."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest
from pydantic import BaseModel, SecretStr

from hub.records.lanes import FlowCadence
from hub.settings.business_flows import BUSINESS_FLOWS
from hub.settings.configuration import Configuration, load_configuration
from hub.settings.json_schema import Schema, configuration_schema
from hub.yaml.nodes import Plain, read_yaml
from tests.settings.installed import HERE, Installed

DEMO = Path(__file__).parents[2] / "examples" / "demo" / "hub.yaml"


class TrytonLikeOptions(BaseModel):
    """The options that the demonstration gives."""

    url: str
    database: str
    user: str
    password: SecretStr
    relations: bool = False


ADAPTERS = {"tryton": Installed(TrytonLikeOptions, HERE / "mappings")}


@pytest.fixture(scope="module")
def demo() -> Configuration:
    environment = {"TRYTON_URL": "http://127.0.0.1:8069", "TRYTON_PASSWORD": "correct-horse", "PRINT_FOLDER": "/print"}
    return load_configuration(DEMO, ADAPTERS, environment)


@pytest.fixture(scope="module")
def schema() -> Schema:
    return configuration_schema(ADAPTERS)


def test_each_of_the_twelve_business_flows_has_an_entry(demo: Configuration) -> None:
    running = {flow.business_flow for flow in demo.flows.values()}
    planned = {flow.business_flow for flow in demo.planned.values()}
    carried_out = {10} if demo.outbound.rules.steps else set()  # by channels, and by no lane
    assert running | planned | carried_out == set(BUSINESS_FLOWS)
    assert (running | carried_out) & planned == set()


def test_three_systems_exchange_seventeen_flows(demo: Configuration) -> None:
    assert {name: flow.authoritative.cadence for name, flow in demo.flows.items()} == {
        "crm-customers": FlowCadence.REAL_TIME,
        "crm-orders": FlowCadence.DAILY,
        "crm-requests": FlowCadence.DAILY,
        "lms-customers": FlowCadence.DAILY,
        "lms-leads": FlowCadence.DAILY,
        "cm-customers": FlowCadence.DAILY,
        "cm-memberships": FlowCadence.DAILY,
        "cm-campaigns": FlowCadence.DAILY,
        "contact-corrections": FlowCadence.REAL_TIME,
        "contact-registration": FlowCadence.REAL_TIME,
        "request-hand-over": FlowCadence.REAL_TIME,
        "wrap-up": FlowCadence.REAL_TIME,
        "contact-events": FlowCadence.REAL_TIME,
        "request-status": FlowCadence.REAL_TIME,
        "outbound-leads": FlowCadence.REAL_TIME,
        "lead-response": FlowCadence.REAL_TIME,
        "lead-response-lms": FlowCadence.REAL_TIME,
    }
    assert list(demo.systems) == ["crm", "lms", "cm"]


def changed(*path: str, to: Plain) -> Plain:
    """The demonstration's file with one value replaced."""
    written = read_yaml(DEMO)[0].plain()
    holder = written
    for step in path[:-1]:
        assert isinstance(holder, dict)
        holder = holder[step]
    assert isinstance(holder, dict)
    holder[path[-1]] = to
    return written


def test_the_schema_accepts_the_demonstration(schema: Schema) -> None:
    jsonschema_rs.validator_for(schema).validate(read_yaml(DEMO)[0].plain())


@pytest.mark.parametrize(
    "path",
    ["compny", "systems.crm.adapter", "systems.crm.options.databse", "systems.crm.options", "flows.wrap-up.entity"],
)
def test_the_schema_refuses_what_no_editor_should_let_pass(schema: Schema, path: str) -> None:
    broken = changed(*path.split("."), to={} if path.endswith("options") else "nonsense")
    assert not jsonschema_rs.validator_for(schema).is_valid(broken)


def test_a_secret_may_be_a_file_in_the_schema(schema: Schema) -> None:
    jsonschema_rs.validator_for(schema).validate(
        changed("systems", "crm", "options", "password", to={"file": "secrets/crm"})
    )
