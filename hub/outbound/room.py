"""What outbound execution works with, on one event loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.clock import Clock
from hub.ports.outbound import Mailer, PrintStreet
from hub.records.outbound import ChannelKind
from hub.settings.channels import OutboundChannel
from hub.settings.find_channels import Outbound
from hub.store.engine import Database
from hub.store.keys import KeyRing


@dataclass(frozen=True)
class OutboundRoom:
    """`mailers` and `streets` by channel; `company` is the name that mails may use."""

    database: Database
    outbound: Outbound
    company: str
    mailers: Mapping[str, Mailer]
    streets: Mapping[str, PrintStreet]
    keys: KeyRing
    clock: Clock


def channels_of_kind(outbound: Outbound, kind: ChannelKind) -> Iterator[tuple[str, OutboundChannel]]:
    """In the order of hub.yaml."""
    return ((name, channel) for name, channel in outbound.channels.items() if channel.kind is kind)
