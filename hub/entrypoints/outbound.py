"""Outbound channels of hub.yaml with what serves them: mail servers and print folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.print_street.folder import PrintFolder
from adapters.smtp.mailer import SmtpMailer, SmtpServer
from hub.clock import Clock
from hub.outbound.room import OutboundRoom
from hub.ports.outbound import Mailer, PrintStreet
from hub.records.outbound import MailTls
from hub.settings.channels import EmailOptions
from hub.settings.configuration import Configuration
from hub.settings.find_channels import Outbound
from hub.store.engine import Database
from hub.store.keys import KeyRing


def outbound_room(configuration: Configuration, database: Database, keys: KeyRing, clock: Clock) -> OutboundRoom:
    """On the loop of `database`; opens no connection."""
    outbound = configuration.outbound
    return OutboundRoom(
        database=database,
        outbound=outbound,
        company=configuration.company,
        mailers=mailers(outbound),
        streets=_streets(outbound),
        keys=keys,
        clock=clock,
    )


def mailers(outbound: Outbound) -> Mapping[str, Mailer]:
    """By channel."""
    return {
        name: SmtpMailer(_server(channel.email, outbound.folder))
        for name, channel in outbound.channels.items()
        if channel.email is not None
    }


def _server(options: EmailOptions, folder: Path) -> SmtpServer:
    return SmtpServer(
        host=options.host,
        port=options.port,
        use_tls=options.tls is MailTls.TLS,
        start_tls=options.tls is MailTls.STARTTLS,
        user=options.user,
        password=None if options.password is None else options.password.get_secret_value(),
        ca=None if options.ca is None else folder / options.ca,
        timeout_s=options.timeout_s,
    )


def _streets(outbound: Outbound) -> Mapping[str, PrintStreet]:
    return {
        name: PrintFolder(outbound.folder / channel.print_street.folder)
        for name, channel in outbound.channels.items()
        if channel.print_street is not None
    }
