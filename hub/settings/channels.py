"""Channels that carry leads out, and how a lead goes through them, as written under `channels:` and `outbound:`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from hub.records.outbound import ChannelKind, MailTls, UnknownRule
from hub.settings.flows import Cron, TimeZone
from hub.settings.offers import ConsentRule
from hub.settings.written import Name, Written

MINUTES_A_DAY: Final = 1_440


class Weekday(StrEnum):
    """ISO 8601 order."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


def minutes(text: str) -> int:
    """Minutes since midnight of HH:MM; 24:00 is the end of the day."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def _clock_time(text: str) -> str:
    hours, colon, rest = text.partition(":")
    sound = len(hours) == len(rest) == 2 and colon and (hours + rest).isascii() and (hours + rest).isdigit()
    if not sound or int(rest) > 59 or minutes(text) > MINUTES_A_DAY:
        raise PydanticCustomError("clock_time", "is not a time of day", {"allowed": 'HH:MM in quotes, such as "09:00"'})
    return text


def _http_url(text: str) -> str:
    scheme, found, rest = text.partition("://")
    if scheme not in {"http", "https"} or not found or not rest or any(sign in text for sign in " \r\n\t\"'<>"):
        raise PydanticCustomError("http_url", "is not a web address", {"allowed": "https://shop.example.com/offers"})
    return text


def _mailbox(text: str) -> str:
    address = parseaddr(text)[1]
    if "@" not in address or any(sign in text for sign in "\r\n"):
        raise PydanticCustomError("mailbox", "is not an e-mail address", {"allowed": "Harbour <offers@example.com>"})
    return text


ClockTime = Annotated[str, AfterValidator(_clock_time)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]


class OpeningHours(Written):
    """A stretch of the day on some weekdays."""

    days: tuple[Weekday, ...] = Field(tuple(Weekday), min_length=1, description="MON to SUN; left out: every day.")
    opens: ClockTime = Field(description='Local time, such as "09:00".')
    closes: ClockTime = Field(description='Later the same day; "24:00" is midnight.')

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if minutes(self.closes) <= minutes(self.opens):
            hint = {"allowed": "an evening that goes past midnight is two entries"}
            raise PydanticCustomError("opening", "closes before it opens", hint)
        return self


class Opening(Written):
    """When a channel works."""

    time_zone: TimeZone = Field("UTC", description="IANA zone of the hours; summer time is kept.")
    hours: tuple[OpeningHours, ...] = Field(min_length=1, description="The stretches in which it is open.")


class Capacity(Written):
    """How much a channel takes; hours and days are those of its opening's time zone."""

    per_hour: int | None = Field(
        None, ge=1, le=1_000_000, description="Contacts in a clock hour; left out: any number."
    )
    per_day: int | None = Field(None, ge=1, le=10_000_000, description="Contacts in a local day; left out: any number.")


class EmailOptions(Written):
    """A mail server and what is written."""

    host: str = Field(min_length=1, max_length=253, description="Name of the SMTP server.")
    port: int = Field(587, ge=1, le=65_535, description="Its port.")
    tls: MailTls = Field(MailTls.STARTTLS, description="STARTTLS, TLS from the first byte, or NONE.")
    user: str | None = Field(None, description="Login, where the server wants one.")
    password: SecretStr | None = Field(None, description='Its password: "${NAME}" or {file: PATH}.')
    ca: str | None = Field(
        None,
        description="Path of a PEM file, from hub.yaml's folder, with the authorities that are trusted; "
        "left out: the system's.",
    )
    timeout_s: float = Field(30, gt=0, le=600, description="Seconds until an answer counts as not given.")
    sender: Mailbox = Field(max_length=320, description="From: `Harbour <offers@example.com>`.")
    reply_to: Mailbox | None = Field(None, max_length=320, description="Where answers go, if not to the sender.")
    templates: Mapping[str, str] = Field(
        min_length=1,
        description="Language (BCP 47): path of a template from hub.yaml's folder. Its first line is `Subject: ...`.",
    )
    language: str | None = Field(
        None, description="Language where there is none in the customer's; left out: the first."
    )
    unknown: UnknownRule = Field(
        UnknownRule.HOLD, description="A mail that may or may not have left: HOLD for a person, or take it as SENT."
    )


class PrintOptions(Written):
    """A print street, which fetches its runs from a folder."""

    folder: str = Field(min_length=1, description="Where runs are put, from hub.yaml's folder.")
    cron: Cron = Field(description="When a run closes: minute hour day month weekday.")
    time_zone: TimeZone = Field("UTC", description="IANA zone of `cron`.")


class CallOptions(Written):
    """A list that agents call from."""

    lease_minutes: int = Field(15, ge=1, le=480, description="A claimed call comes back to the list after so long.")
    attempts: int = Field(3, ge=1, le=20, description="Calls without an answer until it is given up.")
    pause_minutes: int = Field(240, ge=0, le=43_200, description="Between two attempts.")


class OutboundChannel(Written):
    """One way to carry leads out."""

    kind: ChannelKind = Field(description="EMAIL, PRINT or CALL_LIST.")
    contact_channel: Name = Field(description="The channel by which customers allow it, such as email, post, phone.")
    consent: ConsentRule = Field(ConsentRule(), description="What the customer must have allowed.")
    opening: Opening | None = Field(None, description="When it works; left out: always.")
    capacity: Capacity = Field(Capacity(), description="How much it takes.")
    cost: float = Field(0, ge=0, le=1_000_000, description="What one contact costs, in the company's currency.")
    yields: float = Field(
        0, ge=0, le=1_000_000_000, alias="yield", description="What one contact brings on average, in that currency."
    )
    email: EmailOptions | None = Field(None, description="Of an EMAIL channel: server and templates.")
    print_street: PrintOptions | None = Field(None, alias="print", description="Of a PRINT channel: folder and hour.")
    calls: CallOptions = Field(CallOptions(), description="Of a CALL_LIST: lease and attempts.")

    @model_validator(mode="after")
    def _told(self) -> Self:
        wanted = {ChannelKind.EMAIL: "email", ChannelKind.PRINT: "print"}.get(self.kind)
        given = {"email": self.email is not None, "print": self.print_street is not None}
        for part, there in given.items():
            if there != (part == wanted):
                rule = "is missing" if part == wanted else f"is not for a channel of kind {self.kind.value}"
                hint = {"allowed": f"`{part}` belongs to each channel of kind {part.upper()}, and to no other"}
                raise PydanticCustomError("channel", f"`{part}` {rule}", hint)
        return self


class Step(Written):
    """One approach of a lead; a campaign takes them in order, each beside what went before."""

    channels: tuple[str, ...] = Field(
        min_length=1, max_length=20, description="Ways in order of preference; one is taken."
    )
    after_hours: float = Field(0, ge=0, le=8_760, description="So long after the lead was planned.")
    within_hours: float = Field(
        24, gt=0, le=8_760, description="A preferred channel that is full for so long gives way to the next."
    )


class LinkOptions(Written):
    """Where the link in a mail leads."""

    base_url: HttpUrl = Field(description="Address under which customers reach this hub.")
    target: HttpUrl = Field(description="Where a customer who answered is sent; nowhere else.")
    valid_days: int = Field(30, ge=1, le=365, description="So long the link is good.")


class OutboundRules(Written):
    """The whole section."""

    steps: tuple[Step, ...] = Field((), max_length=20, description="How a lead is approached; none: nothing goes out.")
    expire_days: int = Field(30, ge=1, le=365, description="What did not leave for so long after its time is dropped.")
    link: LinkOptions | None = Field(None, description="The link in mails; left out: mails have none.")
    landing: Mapping[str, str] = Field(
        {}, description="Language: sentence on the page behind the link, above its one button."
    )


NO_OUTBOUND: Final = OutboundRules()
"""Nothing goes out."""

Templates = Mapping[str, str]
Channels = Mapping[str, OutboundChannel]


def channels_of(rules: OutboundRules) -> Sequence[str]:
    """Every channel that a step names, once, in order."""
    return list(dict.fromkeys(name for step in rules.steps for name in step.channels))
