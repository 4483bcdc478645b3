"""docs/configuration.md leaves nothing out."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.mapping.contract.document import ContractDocument, ContractField, ContractType
from hub.mapping.document import FieldRule, ListRule, MappingDocument, ValueType
from hub.records.contact import IdentificationLevel, Registration
from hub.records.customer import CustomerRecord
from hub.records.drift import DriftKind, DriftPolicy
from hub.records.identity import Entity, SystemRole
from hub.records.lanes import FlowCadence, LaneMode, MisfirePolicy, OverlapPolicy
from hub.records.outbound import ChannelKind, MailTls, UnknownRule
from hub.settings.business_flows import BUSINESS_FLOWS
from hub.settings.callers import CallerLimits, Callers
from hub.settings.channels import (
    CallOptions,
    Capacity,
    EmailOptions,
    LinkOptions,
    Opening,
    OpeningHours,
    OutboundChannel,
    OutboundRules,
    PrintOptions,
    Step,
)
from hub.settings.contact import Channel, ContactRules, ResponseTarget
from hub.settings.environment import Settings
from hub.settings.flows import FlowConsent, FlowEntry, Lane
from hub.settings.hub_file import HubFile
from hub.settings.leads import InboundInterest, LeadRules, OutboundCampaign
from hub.settings.migrations import MigrationRules, OnDrift
from hub.settings.privacy import KeepDays, PrivacyRules
from hub.settings.processes import CustomerProcess, Expectation, ProcessContent, Processes, ProcessStep
from hub.settings.steering import SteeringRules
from hub.settings.systems import Limits, SystemEntry
from hub.settings.topics import AnswerType, Catalogue, Content, DialogStep, Question, StraightThrough, Topic
from hub.settings.trust import FieldTrust, Recognition, Survivorship

REFERENCE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
ROWS = [line for line in REFERENCE.splitlines() if line.startswith("| `")]

MODELS: list[type[BaseModel]] = [
    *(
        HubFile,
        SystemEntry,
        Limits,
        FlowEntry,
        FlowConsent,
        Lane,
        MigrationRules,
        Survivorship,
        FieldTrust,
        Recognition,
    ),
    *(Catalogue, Topic, DialogStep, Question, Content, StraightThrough),
    *(ContactRules, Channel, ResponseTarget, PrivacyRules, KeepDays, SteeringRules),
    *(Processes, CustomerProcess, ProcessStep, ProcessContent, Expectation),
    *(Callers, CallerLimits),
    *(OutboundChannel, Opening, OpeningHours, Capacity, EmailOptions, PrintOptions, CallOptions),
    *(OutboundRules, Step, LinkOptions, LeadRules, OutboundCampaign, InboundInterest),
    *(MappingDocument, FieldRule, ListRule, ContractDocument, ContractField, Settings),
]
FIELDS = [(model, field.alias or name) for model in MODELS for name, field in model.model_fields.items()]
ENUMS: list[type[Enum]] = [
    Entity,
    SystemRole,
    FlowCadence,
    LaneMode,
    MisfirePolicy,
    OverlapPolicy,
    OnDrift,
    Registration,
    ChannelKind,
    MailTls,
    UnknownRule,
    AnswerType,
    IdentificationLevel,
    ValueType,
    ContractType,
    DriftKind,
    DriftPolicy,
]


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=[f"{model.__name__}.{name}" for model, name in FIELDS])
def test_field_has_its_row(model: type[BaseModel], name: str) -> None:
    assert any(row.startswith(f"| `{name}` |") for row in ROWS)


@pytest.mark.parametrize("enum", ENUMS)
def test_every_value_is_named(enum: type[Enum]) -> None:
    assert [member.value for member in enum if f"`{member.value}`" not in REFERENCE] == []


def test_business_flows_and_customer_fields_are_named() -> None:
    assert [name for number, name in BUSINESS_FLOWS.items() if f"{number} {name.lower()}" not in _one_line()] == []
    assert [
        name for name in CustomerRecord.model_fields if name != "identifiers" and f"`{name}`" not in REFERENCE
    ] == []


def _one_line() -> str:
    return " ".join(REFERENCE.split())
