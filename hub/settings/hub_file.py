"""hub.yaml as it is written."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from hub.settings.callers import DEFAULT_CALLERS, Callers
from hub.settings.channels import NO_OUTBOUND, OutboundChannel, OutboundRules
from hub.settings.contact import DEFAULT_CONTACT, ContactRules
from hub.settings.flows import FlowEntry
from hub.settings.leads import NO_LEADS, LeadRules
from hub.settings.migrations import DEFAULT_RULES, MigrationRules
from hub.settings.privacy import DEFAULT_PRIVACY, PrivacyRules
from hub.settings.steering import DEFAULT_STEERING, SteeringRules
from hub.settings.systems import SystemEntry
from hub.settings.trust import Recognition, Survivorship
from hub.settings.written import Name, Written


class HubFile(Written):
    """The whole file."""

    company: str = Field(min_length=1, max_length=200, description="Name of the company, shown in the console.")
    systems: Mapping[Name, SystemEntry] = Field(description="The connected packages by name.")
    flows: Mapping[Name, FlowEntry] = Field(description="The information flows by name.")
    survivorship: Survivorship = Field(Survivorship(), description="Whom the golden record believes.")
    recognition: Recognition = Field(Recognition(), description="How people are recognised.")
    migrations: MigrationRules = Field(
        DEFAULT_RULES, description="When a flow may move to another cadence; a flow may differ under `migration`."
    )
    contact: ContactRules = Field(DEFAULT_CONTACT, description="How contacts with customers are conducted.")
    channels: Mapping[Name, OutboundChannel] = Field({}, description="Channels that carry leads out, by name.")
    outbound: OutboundRules = Field(NO_OUTBOUND, description="How a lead goes through these channels.")
    leads: LeadRules = Field(NO_LEADS, description="Which interest and which campaigns make leads.")
    steering: SteeringRules = Field(DEFAULT_STEERING, description="By what contacts are judged, and what they cost.")
    processes: str | None = Field(
        None, description="Path of the customer processes, from hub.yaml's folder; without one none are written down."
    )
    privacy: PrivacyRules = Field(
        DEFAULT_PRIVACY, description="What the law wants kept of people who are erased, and how long all else is kept."
    )
    callers: Callers = Field(DEFAULT_CALLERS, description="How much one caller may ask of the API, by his role.")
    offers: str | None = Field(
        None,
        description="Path of the catalogue of propositions, from hub.yaml's folder; without one nothing is offered.",
    )
