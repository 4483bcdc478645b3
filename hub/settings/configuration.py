"""hub.yaml, read and checked: what the rest of the hub works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ValidationError

from hub.errors import Finding, Misconfigured
from hub.mapping.record import RecordMapping
from hub.records.identity import Entity, FlowName, SystemName
from hub.settings.business_flows import BUSINESS_FLOWS
from hub.settings.callers import DEFAULT_CALLERS, Callers
from hub.settings.check_flows import check_flows
from hub.settings.check_migrations import check_migrations
from hub.settings.check_systems import adapter_of, validated_options
from hub.settings.check_trust import check_survivorship
from hub.settings.contact import CHANNELS, DEFAULT_CONTACT, ContactRules
from hub.settings.find_channels import (
    NOTHING_OUTBOUND,
    Outbound,
    channels_with_secrets,
    check_steps,
    find_templates,
)
from hub.settings.find_contracts import with_contracts
from hub.settings.find_mappings import Found, MappingFinder
from hub.settings.find_offers import find_offers
from hub.settings.find_processes import Known, find_processes
from hub.settings.find_topics import find_topics
from hub.settings.flows import Flow, FlowEntry, PlannedFlow
from hub.settings.hub_file import HubFile
from hub.settings.leads import NO_LEADS, LeadRules, check_leads
from hub.settings.migrations import MigrationRules
from hub.settings.offers import OffersDocument
from hub.settings.privacy import DEFAULT_PRIVACY, PrivacyRules
from hub.settings.processes import NO_PROCESSES, Processes
from hub.settings.steering import DEFAULT_STEERING, SteeringRules
from hub.settings.systems import AdapterSpec, ConnectedSystem
from hub.settings.topics import NO_TOPICS, Catalogue
from hub.settings.trust import Recognition, Survivorship
from hub.yaml.nodes import Node, read_yaml
from hub.yaml.validation import findings_of


@dataclass(frozen=True)
class Configuration:
    """Everything hub.yaml says, with references checked, secrets in place and mappings compiled.

    `mappings` has an entry for each (system, entity) that a flow brings in, and for targets that have one.
    `survivorship.sources` and those of each field name every system.
    """

    company: str
    systems: Mapping[SystemName, ConnectedSystem]
    flows: Mapping[FlowName, Flow]
    planned: Mapping[FlowName, PlannedFlow]
    survivorship: Survivorship
    recognition: Recognition
    mappings: Mapping[tuple[SystemName, Entity], RecordMapping]
    offers: OffersDocument
    contact: ContactRules = DEFAULT_CONTACT
    topics: Catalogue = NO_TOPICS
    privacy: PrivacyRules = DEFAULT_PRIVACY
    outbound: Outbound = NOTHING_OUTBOUND
    steering: SteeringRules = DEFAULT_STEERING
    processes: Processes = NO_PROCESSES
    callers: Callers = DEFAULT_CALLERS
    leads: LeadRules = NO_LEADS


def load_configuration(
    path: Path, adapters: Mapping[str, AdapterSpec], environment: Mapping[str, str]
) -> Configuration:
    """Read `path`; `adapters` are the installed ones by name, `environment` gives `${NAME}` its value.

    Raises Misconfigured with all mistakes of the file and of the mappings it uses. Opens no connection.
    """
    root, findings = read_yaml(path)
    systems, flows = root.entries_of("systems"), root.entries_of("flows")
    file = _validated(root, environment, path.parent, findings)
    findings += _check_flows(root, systems, flows)
    options = _options(systems, adapters, environment, path.parent, findings)
    finder = MappingFinder(path.parent, adapters)
    mappings = finder.find(systems, flows)
    findings += finder.findings
    mappings = with_contracts(path.parent, systems, mappings, findings)
    topics = find_topics(path.parent, root, systems, findings)
    channels = CHANNELS if file is None else file.contact.channels
    processes = find_processes(path.parent, root, Known(channels, systems, topics), findings)
    offers = find_offers(path.parent, root, channels.keys(), findings)
    findings += check_leads(root, offers)
    templates = find_templates(path.parent, root, findings)
    findings += check_steps(root)
    if file is None or findings:
        raise Misconfigured(_in_reading_order(findings, str(path)))
    return Configuration(
        company=file.company,
        systems=_systems(file, options),
        flows=_flows(file),
        planned={FlowName(name): _planned(name, entry) for name, entry in file.flows.items() if entry.planned},
        survivorship=_ranked(file.survivorship, systems),
        recognition=file.recognition,
        mappings=_with_originals(file, mappings),
        contact=file.contact,
        privacy=file.privacy,
        steering=file.steering,
        processes=processes,
        callers=file.callers,
        leads=file.leads,
        offers=offers,
        topics=topics,
        outbound=Outbound(file.channels, file.outbound, templates, path.parent),
    )


def _check_flows(root: Node, systems: Mapping[str, Node], flows: Mapping[str, Node]) -> list[Finding]:
    return [
        *check_flows(flows, systems),
        *check_migrations(root.child("migrations"), flows),
        *check_survivorship(root.child("survivorship") or root, systems),
    ]


def _systems(file: HubFile, options: Mapping[str, BaseModel]) -> dict[SystemName, ConnectedSystem]:
    return {
        SystemName(name): ConnectedSystem(SystemName(name), entry.adapter, entry.roles, entry.limits, options[name])
        for name, entry in file.systems.items()
    }


def _flows(file: HubFile) -> dict[FlowName, Flow]:
    return {
        FlowName(name): _flow(name, entry, file.migrations) for name, entry in file.flows.items() if not entry.planned
    }


def _validated(root: Node, environment: Mapping[str, str], folder: Path, findings: list[Finding]) -> HubFile | None:
    plain, channels = root.plain(), channels_with_secrets(root, environment, folder, findings)
    if isinstance(plain, dict) and channels is not None:
        plain["channels"] = channels
    try:
        return HubFile.model_validate(plain)
    except ValidationError as error:
        findings += findings_of(error, root, HubFile)
        return None


def _with_originals(file: HubFile, mappings: Found) -> Found:
    """Each mapping told whether what it is applied to is kept."""
    return {
        place: replace(mapping, originals_of=place[0]) if file.systems[place[0]].keep_originals else mapping
        for place, mapping in mappings.items()
    }


def _options(
    systems: Mapping[str, Node],
    adapters: Mapping[str, AdapterSpec],
    environment: Mapping[str, str],
    folder: Path,
    findings: list[Finding],
) -> Mapping[str, BaseModel]:
    options: dict[str, BaseModel] = {}
    for name, system in systems.items():
        adapter = adapter_of(name, system, adapters)
        if isinstance(adapter, list):
            findings += adapter
            continue
        outcome = validated_options(name, system, adapter, environment, folder)
        if isinstance(outcome, list):
            findings += outcome
        else:
            options[name] = outcome
    return options


def _flow(name: str, entry: FlowEntry, migrations: MigrationRules) -> Flow:
    # check_flows has seen to it that both are there.
    if entry.entity is None or entry.source is None:
        raise AssertionError(name)
    return Flow(
        name=FlowName(name),
        business_flow=entry.business_flow,
        title=entry.title or BUSINESS_FLOWS[entry.business_flow],
        entity=entry.entity,
        source=SystemName(entry.source),
        target=SystemName(entry.target),
        lanes=entry.lanes,
        prerequisites=tuple(FlowName(other) for other in entry.prerequisites),
        migration=migrations.within(entry.migration),
        fields=entry.fields,
        consent=entry.consent,
    )


def _planned(name: str, entry: FlowEntry) -> PlannedFlow:
    return PlannedFlow(
        name=FlowName(name),
        business_flow=entry.business_flow,
        title=entry.title or BUSINESS_FLOWS[entry.business_flow],
        entity=entry.entity,
        source=entry.source,
        target=entry.target if "target" in entry.model_fields_set else None,
    )


def _ranked(survivorship: Survivorship, systems: Mapping[str, Node]) -> Survivorship:
    """Every system has a place, so that the golden record never depends on which source came first."""
    general = tuple(dict.fromkeys([*survivorship.sources, *systems]))
    fields = {
        name: field.model_copy(update={"sources": tuple(dict.fromkeys([*field.sources, *general]))})
        for name, field in survivorship.fields.items()
    }
    return survivorship.model_copy(update={"sources": general, "fields": fields})


def _in_reading_order(findings: list[Finding], first: str) -> list[Finding]:
    return sorted(dict.fromkeys(findings), key=lambda finding: (finding.file != first, finding.file, finding.line))
