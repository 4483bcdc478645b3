"""What the web process and the workers need to make offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.offers.catalogue import Catalogue, compile_catalogue
from hub.settings.find_offers import NO_OFFERS
from hub.settings.leads import NO_LEADS, LeadRules


@dataclass(frozen=True)
class Offering:
    """The compiled catalogue of the installation, and which interest in it makes a lead."""

    catalogue: Catalogue
    leads: LeadRules = NO_LEADS


NOTHING_OFFERED: Final = Offering(compile_catalogue(NO_OFFERS))
"""An installation without a catalogue."""
