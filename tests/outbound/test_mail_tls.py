"""TLS and login against a real aiosmtpd with a certificate made for the test: verified unless told whom to trust."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.smtp.mailer import SmtpMailer, SmtpServer
from hub.ports.outbound import Mail, NotNow, Taken
from tests.outbound.receiving import Receiver

MAIL = Mail("offers@harbour.example", "anna@example.nl", b"Subject: Hello\r\n\r\nHello\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself, in one PEM file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.harbour.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _login(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword | Any
) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"harbour", b"secret"), handled=False)


@asynccontextmanager
async def serving_tls(certificate: Path, *, implicit: bool, **options: Any) -> AsyncIterator[Receiver]:
    """A receiver that speaks TLS from the first byte, or offers STARTTLS and takes no mail without it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    receiver, loop = Receiver(), asyncio.get_running_loop()
    told = options if implicit else {"tls_context": context, "require_starttls": True, **options}
    server = await loop.create_server(
        lambda: SMTP(receiver, hostname="receiver", loop=loop, **told),
        "127.0.0.1",
        0,
        ssl=context if implicit else None,
    )
    async with server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver


def mailer(receiver: Receiver, ca: Path | None, *, implicit: bool, **given: Any) -> SmtpMailer:
    told = {"host": "127.0.0.1", "user": None, "password": None, **given}
    server = SmtpServer(port=receiver.port, use_tls=implicit, start_tls=not implicit, ca=ca, timeout_s=5, **told)
    return SmtpMailer(server)


@pytest.mark.parametrize("implicit", [True, False], ids=["TLS", "STARTTLS"])
async def test_only_a_server_that_is_trusted_gets_the_mail(certificate: Path, implicit: bool) -> None:
    async with serving_tls(certificate, implicit=implicit) as receiver:
        stranger = mailer(receiver, None, implicit=implicit)
        assert await stranger.send(MAIL) == NotNow("no answer")
        assert not (await stranger.check()).ok
        assert receiver.mails == []
        misnamed = mailer(receiver, certificate, implicit=implicit, host="localhost")
        assert await misnamed.send(MAIL) == NotNow("no answer")
        assert receiver.mails == []
        trusted = mailer(receiver, certificate, implicit=implicit)
        assert await trusted.send(MAIL) == Taken()
        assert (await trusted.check()).ok
        assert receiver.recipients == ["anna@example.nl"]


async def test_a_server_without_starttls_gets_nothing_in_the_clear(certificate: Path) -> None:
    loop, receiver = asyncio.get_running_loop(), Receiver()
    server = await loop.create_server(lambda: SMTP(receiver, hostname="receiver", loop=loop), "127.0.0.1", 0)
    async with server:
        receiver.port = server.sockets[0].getsockname()[1]
        assert isinstance(await mailer(receiver, certificate, implicit=False).send(MAIL), NotNow)
    assert receiver.mails == []


# aiosmtpd does not know that the connection it was given is one over TLS.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("implicit", [True, False], ids=["TLS", "STARTTLS"])
async def test_a_login_is_told_over_tls_and_a_wrong_one_waits(certificate: Path, implicit: bool) -> None:
    login = {"auth_required": True, "authenticator": _login, "auth_require_tls": not implicit}
    async with serving_tls(certificate, implicit=implicit, **login) as receiver:
        wrong = mailer(receiver, certificate, implicit=implicit, user="harbour", password="guess")
        assert await wrong.send(MAIL) == NotNow("535")
        right = mailer(receiver, certificate, implicit=implicit, user="harbour", password="secret")
        assert await right.send(MAIL) == Taken()
        assert len(receiver.mails) == 1
