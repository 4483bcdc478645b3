"""Which interest and which campaigns make leads, as written under `leads:`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import Field

from hub.errors import Finding
from hub.records.enums import LeadPriority, LeadRating
from hub.records.offers import ContactEventKind
from hub.settings.offers import OffersDocument
from hub.settings.written import Written
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node

DEFAULT_MEMBERS: Final = ("ACTIVE", "COMPLETED")


class LeadTerms(Written):
    """How a new lead begins."""

    name: str | None = Field(None, min_length=1, max_length=200, description="In a few words; default: what it is for.")
    rating: LeadRating | None = Field(None, description="HOT, WARM or COLD.")
    priority: LeadPriority | None = Field(None, description="HIGH, MEDIUM or LOW; the higher, the sooner delivered.")


class OutboundCampaign(LeadTerms):
    """A campaign whose members are approached by the hub's outbound channels."""

    proposition: str | None = Field(None, description="What is offered, by its name in the catalogue of offers.")
    system: str | None = Field(None, description="The campaign management that has it; left out: any.")
    members: tuple[str, ...] = Field(
        DEFAULT_MEMBERS,
        min_length=1,
        description="States of a membership, as its mapping gives them, that make a lead.",
    )
    step: str | None = Field(None, description="Only once the member's last activity is this one.")


class InboundInterest(LeadTerms):
    """A proposition of the catalogue in which interest makes a lead."""

    on: tuple[ContactEventKind, ...] = Field(
        (ContactEventKind.ACCEPTED, ContactEventKind.INTEREST),
        min_length=1,
        description="Contact events that do: ACCEPTED, INTEREST, CLICKED, LATER, BANNER.",
    )


class LeadRules(Written):
    """The whole section."""

    outbound: Mapping[str, OutboundCampaign] = Field({}, description="Campaigns by their name at campaign management.")
    inbound: Mapping[str, InboundInterest] = Field({}, description="Propositions by their name in the catalogue.")


NO_LEADS: Final = LeadRules()
"""A company that says nothing: leads are opened by people only."""


def check_leads(root: Node, offers: OffersDocument) -> Iterator[Finding]:
    """Every proposition is in the catalogue, every system is connected."""
    section = root.child("leads")
    if section is None:
        return
    for name, campaign in section.entries_of("outbound").items():
        proposition, system = campaign.text_of("proposition"), campaign.text_of("system")
        if proposition is not None and proposition not in offers.propositions:
            node = campaign.nearest(["proposition"])
            yield node.finding(
                f"campaign {name}: no proposition {proposition!r}", choices(proposition, offers.propositions)
            )
        if system is not None and system not in root.entries_of("systems"):
            node = campaign.nearest(["system"])
            yield node.finding(f"campaign {name}: no system {system!r}", choices(system, root.entries_of("systems")))
    for name, interest in section.entries_of("inbound").items():
        if name not in offers.propositions:
            yield interest.finding(f"leads.inbound: no proposition {name!r}", choices(name, offers.propositions))
