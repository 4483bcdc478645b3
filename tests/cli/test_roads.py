"""`hub check` and `hub flows` on lanes that wait for a push."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.entrypoints.cli.application import application

HUB_YAML = """\
company: Waterlelie
systems:
  crm:
    adapter: files
    roles: [CRM]
    options: {folder: "%s", entities: {customer: {id: id}}}
    mappings: {customer: {entity: customer, version: 1, fields: {name: name}}}
  lms:
    adapter: memory
    roles: [LMS, CM]
    options: {webhook_secrets: ["${LMS_SECRET}"]}
flows:
  crm-customers:
    business_flow: 2
    entity: customer
    source: crm
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
  lms-customers:
    business_flow: 2
    entity: customer
    source: lms
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
  lms-polled:
    business_flow: 9
    entity: customer
    source: lms
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE, cron: "*/5 * * * * *"}]
  events-out:
    business_flow: 5
    entity: contact_event
    source: hub
    target: lms
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
  customers-out:
    business_flow: 9
    entity: customer
    source: hub
    target: lms
    consent: {channel: email}
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    (tmp_path / "hub.yaml").write_text(HUB_YAML % tmp_path)
    monkeypatch.setenv("HUB_CONFIG", str(tmp_path / "hub.yaml"))
    monkeypatch.setenv("LMS_SECRET", "whsec_c2VjcmV0c2VjcmV0")
    monkeypatch.setenv("COLUMNS", "200")
    return CliRunner()


def test_a_lane_that_waits_for_a_system_that_never_calls_is_told(hub: CliRunner) -> None:
    answer = hub.invoke(application(["check"]), ["check"])
    told = [line for line in answer.output.splitlines() if "does not call" in line]
    hint = "it does not call the hub: give the lane a `cron`, or the system the secret of its webhooks"
    assert (answer.exit_code, told) == (1, [f"✗ crm: REAL_TIME lane of crm-customers: {hint}"])


def test_the_check_says_which_flow_leaves_only_with_consent(hub: CliRunner) -> None:
    answer = hub.invoke(application(["check"]), ["check"])
    assert [line for line in answer.output.splitlines() if " leaves: " in line] == [
        "✓ lms: events-out leaves: whatever its customers allow: `consent` ties it to a purpose",
        "✓ lms: customers-out leaves: only for customers whose consent to marketing by email holds (CONSENT)",
    ]


def test_the_list_of_flows_says_by_which_road_real_time_comes(hub: CliRunner) -> None:
    lines = hub.invoke(application(["flows"]), ["flows"]).output.splitlines()
    told = {name: line for line in lines for name in ("lms-customers", "lms-polled") if name in line}
    assert "REAL_TIME by PUSH" in told["lms-customers"]
    assert "REAL_TIME by POLL */5" in told["lms-polled"]
