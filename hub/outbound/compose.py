"""A delivery as a mail (RFC 5322): the same message for every attempt at it."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final
from uuid import UUID

from hub.errors import Invalid, NotFound
from hub.outbound.deliveries import Delivery
from hub.outbound.links import link_for, unsubscribe_for
from hub.outbound.reached import Reached
from hub.outbound.room import OutboundRoom
from hub.ports.outbound import Mail
from hub.records.enums import MediumKind
from hub.settings.channels import EmailOptions
from hub.settings.mail_template import MailTemplate

_UNFOLDED: Final = SMTP.clone(max_line_length=998)
"""The most that RFC 5322 allows: a link must stay whole, and a longer line would be taken apart by encoding it."""


def compose(room: OutboundRoom, one: Delivery, to: Reached, now: datetime) -> Mail:
    """Invalid where the channel is no e-mail channel any more."""
    options = room.outbound.channels[one.channel].email
    if options is None:
        raise Invalid(f"channel {one.channel} is no e-mail channel")
    recipient = to.media[MediumKind.EMAIL].value
    template, language = template_for(room, one.channel, options, to.language)
    subject, body = template.rendered(_values(room, one, to, now))
    message = EmailMessage(policy=_UNFOLDED)
    message["Message-ID"] = message_id(one.id, options)
    message["Date"] = format_datetime(now)
    message["From"] = options.sender
    message["To"] = Address(addr_spec=recipient)
    if options.reply_to is not None:
        message["Reply-To"] = options.reply_to
    message["Subject"] = subject
    message["Content-Language"] = language
    if (link := room.outbound.rules.link) is not None:
        # RFC 8058; who signs the mail (DKIM) has to sign both.
        message["List-Unsubscribe"] = f"<{unsubscribe_for(room.keys, link, one.id, now)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(body, cte="quoted-printable")
    return Mail(sender_address(options), recipient, message.as_bytes())


def message_id(delivery: UUID, options: EmailOptions) -> str:
    """By it a bounce, and a receiver that has seen the mail before, know the delivery."""
    return f"<{delivery}@{sender_address(options).rpartition('@')[2]}>"


def delivery_of(message_id: str) -> UUID:
    """The delivery that a Message-ID of ours names, with or without its brackets; NotFound for any other."""
    try:
        return UUID(message_id.strip().removeprefix("<").partition("@")[0])
    except ValueError:
        raise NotFound("this is no Message-ID of the hub's") from None


def sender_address(options: EmailOptions) -> str:
    """The envelope's, without the name."""
    return parseaddr(options.sender)[1]


def template_for(
    room: OutboundRoom, channel: str, options: EmailOptions, language: str | None
) -> tuple[MailTemplate, str]:
    """In the customer's language (nl for nl-BE as well), else in the channel's, else the first."""
    wanted = [language, None if language is None else language.split("-")[0], options.language, *options.templates]
    chosen = next(one for one in wanted if one is not None and one in options.templates)
    return room.outbound.templates[channel, chosen], chosen


def _values(room: OutboundRoom, one: Delivery, to: Reached, now: datetime) -> dict[str, str]:
    link = room.outbound.rules.link
    return {
        "name": to.name,
        "given_name": to.given_name,
        "family_name": to.family_name,
        "campaign": one.campaign or one.lead_name or "",
        "company": room.company,
        "link": "" if link is None else link_for(room.keys, link, one.id, now),
        "unsubscribe": "" if link is None else unsubscribe_for(room.keys, link, one.id, now),
    }
