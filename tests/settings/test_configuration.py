"""A hub.yaml that is right becomes a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import Misconfigured
from hub.records.enums import SurvivorshipRule
from hub.records.identity import Entity, FlowName, SystemName, SystemRole
from hub.records.lanes import FlowCadence, LaneMode, MisfirePolicy, OverlapPolicy
from hub.settings.configuration import Configuration, load_configuration
from hub.settings.flows import Flow, Lane, PlannedFlow
from hub.settings.systems import Limits
from hub.settings.trust import FieldTrust
from tests.settings.installed import ADAPTERS, ENVIRONMENT, HERE, PackageOptions

CRM, LMS = SystemName("crm"), SystemName("lms")

HUB_YAML = """\
company: Voorbeeld Energie
systems:
  crm:
    adapter: package
    roles: [CRM, CM]
    options: {url: "${URL}/crm", password: {file: secrets/crm}, session: {key: "${PASSWORD}", minutes: 5}}
    limits: {requests_per_minute: 60}
  lms:
    adapter: package
    roles: [LMS]
    options: {url: "${URL}", database: "$lms"}
    mappings:
      sales_lead: {entity: sales_lead, version: 2, fields: {state: {value: IN_PROGRESS}}}
flows:
  crm-customers:
    business_flow: 2
    title: Customers
    entity: customer
    source: crm
    lanes:
      - {cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 2 * * 0", time_zone: Europe/Amsterdam, overlap: QUEUE}
      - {cadence: REAL_TIME, mode: STANDBY, cron: "*/10 * * * * *", misfire: SKIP}
  lms-leads:
    business_flow: 9
    entity: sales_lead
    source: lms
    prerequisites: [crm-customers]
    lanes: [{cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 4 * * 0"}, {cadence: REAL_TIME, mode: STANDBY}]
  corrections:
    business_flow: 8
    entity: customer
    source: hub
    target: crm
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
  wrap-up: {business_flow: 12, planned: true, target: crm}
survivorship:
  sources: [lms]
  fields: {language: {rule: MOST_RECENT}, name: {sources: [crm]}}
"""


def load(folder: Path, text: str = HUB_YAML) -> Configuration:
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets" / "crm").write_text("battery-staple\n", encoding="utf-8")
    (folder / "hub.yaml").write_text(text, encoding="utf-8")
    return load_configuration(folder / "hub.yaml", ADAPTERS, ENVIRONMENT)


def test_systems_have_their_options_with_secrets_in_place(tmp_path: Path) -> None:
    crm = load(tmp_path).systems[CRM]
    assert (crm.name, crm.adapter, crm.roles) == ("crm", "package", (SystemRole.CRM, SystemRole.CM))
    assert crm.limits == Limits(requests_per_minute=60, concurrency=4, timeout_s=30)
    assert isinstance(crm.options, PackageOptions)
    assert (crm.options.url, crm.options.database, crm.options.session.minutes) == (
        "http://127.0.0.1:8000/crm",
        "main",
        5,
    )
    assert crm.options.password is not None
    assert crm.options.password.get_secret_value() == "battery-staple"
    assert crm.options.session.key is not None
    assert crm.options.session.key.get_secret_value() == "correct-horse"


def test_no_secret_shows(tmp_path: Path) -> None:
    shown = repr(load(tmp_path))
    assert "Voorbeeld Energie" in shown
    assert "battery-staple" not in shown
    assert "correct-horse" not in shown
    assert "127.0.0.1" not in shown


def test_flows_have_lanes_titles_and_a_direction(tmp_path: Path) -> None:
    configuration = load(tmp_path)
    assert list(configuration.flows) == ["crm-customers", "lms-leads", "corrections"]
    weekly = Lane(
        cadence=FlowCadence.WEEKLY,
        mode=LaneMode.AUTHORITATIVE,
        cron="0 2 * * 0",
        time_zone="Europe/Amsterdam",
        page_size=500,
        overlap_s=900,
        sweep=False,
        max_delete_share=0.05,
        misfire=MisfirePolicy.RUN_ONCE,
        overlap=OverlapPolicy.QUEUE,
    )
    poll = Lane(cadence=FlowCadence.REAL_TIME, mode=LaneMode.STANDBY, cron="*/10 * * * * *", misfire=MisfirePolicy.SKIP)
    customers = configuration.flows[FlowName("crm-customers")]
    assert customers == Flow(
        FlowName("crm-customers"), 2, "Customers", Entity.CUSTOMER, CRM, SystemName("hub"), (weekly, poll), ()
    )
    assert (customers.inbound, customers.system, customers.authoritative) == (True, "crm", weekly)
    leads = configuration.flows[FlowName("lms-leads")]
    assert (leads.title, leads.prerequisites) == ("Outbound leads", ("crm-customers",))
    corrections = configuration.flows[FlowName("corrections")]
    assert (corrections.inbound, corrections.system, corrections.target) == (False, "crm", "crm")


def test_a_planned_flow_is_apart(tmp_path: Path) -> None:
    assert load(tmp_path).planned == {
        "wrap-up": PlannedFlow(FlowName("wrap-up"), 12, "Wrap-up", entity=None, source=None, target="crm")
    }


def test_mappings_are_the_adapters_unless_overridden(tmp_path: Path) -> None:
    mappings = load(tmp_path).mappings
    assert sorted((system, entity.value) for system, entity in mappings) == [("crm", "customer"), ("lms", "sales_lead")]
    assert mappings[LMS, Entity.SALES_LEAD].version.startswith("2+")
    (tmp_path / "own.yaml").write_text(
        (HERE / "mappings" / "customer.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 9"), "utf-8"
    )
    own = HUB_YAML.replace("    limits: {requ", "    mappings: {customer: own.yaml}\n    limits: {requ")
    assert load(tmp_path, own).mappings[CRM, Entity.CUSTOMER].version.startswith("9+")


def test_originals_are_kept_in_the_words_of_their_system_unless_it_says_no(tmp_path: Path) -> None:
    kept = load(tmp_path).mappings
    assert {str(system): mapping.originals_of for (system, _), mapping in kept.items()} == {"crm": "crm", "lms": "lms"}
    some = load(tmp_path, HUB_YAML.replace("    roles: [LMS]", "    roles: [LMS]\n    keep_originals: false")).mappings
    assert {str(system): mapping.originals_of for (system, _), mapping in some.items()} == {"crm": "crm", "lms": None}


def test_contracts_go_before_those_of_mappings_and_are_files_or_inline(tmp_path: Path) -> None:
    assert load(tmp_path).mappings[CRM, Entity.CUSTOMER].contract is None
    (tmp_path / "agreed.yaml").write_text("version: 4\npolicy: FREEZE\nfields: {id: int}\n", encoding="utf-8")
    for written in ("agreed.yaml", "{version: 4, policy: FREEZE, fields: {id: int}}"):
        own = HUB_YAML.replace("    limits: {requ", f"    contracts: {{customer: {written}}}\n    limits: {{requ")
        contract = load(tmp_path, own).mappings[CRM, Entity.CUSTOMER].contract
        assert contract is not None
        assert contract.version.startswith("4+")


def test_a_target_that_only_takes_orders_needs_no_mapping(tmp_path: Path) -> None:
    bare = HUB_YAML.replace("adapter: package", "adapter: bare", 1).replace("source: crm", "source: lms")
    assert (CRM, Entity.CUSTOMER) not in load(tmp_path, bare).mappings


def test_every_system_has_a_rank_for_every_field(tmp_path: Path) -> None:
    survivorship = load(tmp_path).survivorship
    assert (survivorship.rule, survivorship.sources) == (SurvivorshipRule.PREFER_UNLESS_BLANK, ("lms", "crm"))
    assert survivorship.fields == {
        "language": FieldTrust(rule=SurvivorshipRule.MOST_RECENT, sources=("lms", "crm")),
        "name": FieldTrust(sources=("crm", "lms")),
    }


def test_mistakes_of_files_are_told_together_hub_yaml_first(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("entity: customer\nversion: 0\nfields: {nmae: name}\n", encoding="utf-8")
    text = HUB_YAML.replace("    limits: {requ", "    mappings: {customer: a.yaml}\n    limits: {requ")
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path, text.replace("business_flow: 12", "business_flow: 0"))
    assert [(Path(finding.file).name, finding.line) for finding in caught.value.findings] == [
        ("hub.yaml", 36),
        ("a.yaml", 2),
        ("a.yaml", 3),
    ]


def test_a_shared_mapping_is_read_once_so_its_mistake_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("entity: customer\nversion: 0\nfields: {}\n", encoding="utf-8")
    text = HUB_YAML.replace("    limits: {requ", "    mappings: {customer: a.yaml}\n    limits: {requ")
    text = text.replace("    mappings:\n      sales", "    mappings:\n      customer: a.yaml\n      sales")
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path, text)
    assert len(caught.value.findings) == 1
