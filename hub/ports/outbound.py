"""Ports of outbound channels: what takes a mail, and what takes the letters of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from hub.ports.pages import CheckResult


@dataclass(frozen=True, slots=True)
class Mail:
    """One message; `content` is all of it, headers first (RFC 5322). The addresses are those of the envelope."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has it and answers for it from now on."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """The server has not got it, and may take it later: it said so, or it was never told. `answer`: its code."""

    answer: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """The server has not got it and will not take it. `address`: because of the recipient's address."""

    answer: str
    address: bool


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The whole mail was given to the server, or some of it, and nobody knows whether it kept it."""


MailOutcome: TypeAlias = Taken | NotNow | Never | NoAnswer


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> MailOutcome:
        """Try once. Whatever goes wrong is one of the four outcomes: it raises nothing that one could act upon."""
        ...

    async def check(self) -> CheckResult:
        """Connect and log in; sends nothing."""
        ...


Letter: TypeAlias = Mapping[str, str]
"""One row of a run: column to text."""


@dataclass(frozen=True, slots=True)
class Run:
    """The letters of one closing; `name` is the same for every attempt at it, and for no other run."""

    name: str
    channel: str
    closed_at: datetime
    columns: Sequence[str]
    letters: Sequence[Letter]


class PrintStreet(Protocol):
    """Takes runs of letters, each whole or not at all.

    Both calls block for as long as the disk takes: give them a thread.
    """

    def stage(self, run: Run) -> str:
        """Write it where the print street does not look, in place of what an earlier attempt left; its SHA-256."""
        ...

    def hand_over(self, name: str) -> None:
        """Show the staged run to the print street in one step. A run that is not staged any more was handed over."""
        ...
