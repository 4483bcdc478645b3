"""Tokens of a certified OpenID Connect provider: found by discovery, through a change of its keys, and forged."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from joserfc.jwk import RSAKey

from hub.access.principal import Scope
from hub.access.remote_keys import RemoteKeys
from hub.access.tokens import ALGORITHMS, TokenVerifier, Trust
from hub.clock import utc_now
from hub.entrypoints.identity_provider import fetch_discovered
from hub.entrypoints.trust import token_verifier
from hub.errors import Transient, Unauthorised
from hub.settings.environment import Settings
from tests.conformance.clients import findings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("node")]


def signing_key(kid: str) -> dict[str, Any]:
    key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
    return key.as_dict(private=True)


@asynccontextmanager
async def provider(node: Path, *keys: dict[str, Any], port: int = 0) -> AsyncIterator[str]:
    """A running provider that signs with the first key; yields its issuer."""
    environment = {"HUB_KEYS": orjson.dumps({"keys": keys}).decode(), "HUB_PORT": str(port)}
    running = findings(node, environment, "provider.mjs")
    started = await anext(running)
    try:
        yield started["issuer"]
    finally:
        await running.aclose()


async def token(issuer: str, audience: str) -> str:
    async with httpx2.AsyncClient(base_url=issuer, auth=("desk", "secret")) as client:
        form = {"grant_type": "client_credentials", "resource": f"urn://{audience}", "scope": "customers:read"}
        answer = await client.post("/token", data=form)
    return str(answer.raise_for_status().json()["access_token"])


def verifier(issuer: str) -> TokenVerifier:
    """As `hub serve` makes it, with nothing known of the provider but its name."""
    return token_verifier(Settings(oidc_issuer=issuer, database_url="postgresql://elsewhere/hub"))


async def test_a_token_of_the_provider_is_believed_for_its_audience_only(node: Path) -> None:
    async with provider(node, signing_key("first")) as issuer:
        hub = verifier(issuer)
        caller = await hub.verify(await token(issuer, "contacthub"))
        assert (caller.subject, set(caller.scopes)) == ("desk", {Scope.CUSTOMERS_READ})
        assert timedelta(minutes=9) < caller.expires_at - utc_now() < timedelta(minutes=11)
        for_another = await token(issuer, "billing")
        with pytest.raises(Unauthorised, match="audience"):
            await hub.verify(for_another)


async def test_tokens_under_the_old_and_the_new_key_are_believed_after_a_change_and_a_strangers_are_not(
    node: Path,
) -> None:
    first, second = signing_key("first"), signing_key("second")
    async with provider(node, first) as issuer:
        hub = verifier(issuer)
        old = await token(issuer, "contacthub")
    async with provider(node, second, first, port=int(issuer.rsplit(":", 1)[1])) as issuer:
        new = await token(issuer, "contacthub")
        assert {(await hub.verify(each)).subject for each in (old, new)} == {"desk"}
    async with provider(node, signing_key("second")) as stranger:
        forged = await token(stranger, "contacthub")
        with pytest.raises(Unauthorised, match="issuer"):
            await hub.verify(forged)


async def test_a_token_of_the_provider_that_was_tampered_with_is_refused(node: Path) -> None:
    async with provider(node, signing_key("first")) as issuer:
        hub = verifier(issuer)
        genuine = await token(issuer, "contacthub")
        async with httpx2.AsyncClient(base_url=issuer) as client:
            found = (await client.get("/.well-known/openid-configuration")).raise_for_status().json()
            (published,) = (await client.get(found["jwks_uri"])).raise_for_status().json()["keys"]
        head, body, signature = genuine.split(".")
        steward = encoded(orjson.dumps({**orjson.loads(decoded(body)), "roles": ["steward"]}))
        with pytest.raises(Unauthorised, match="signature of the token does not hold"):
            await hub.verify(f"{head}.{steward}.{signature}")
        with pytest.raises(Unauthorised, match="must be signed with ES256 or RS256"):
            await hub.verify(f"{encoded(orjson.dumps({'alg': 'none', 'kid': 'first'}))}.{steward}.")
        for secret in (RSAKey.import_key(published).as_pem(private=False), orjson.dumps(published)):
            signed = f"{encoded(orjson.dumps({'alg': 'HS256', 'kid': 'first'}))}.{steward}"
            digest = hmac.new(secret, signed.encode(), sha256).digest()
            with pytest.raises(Unauthorised, match="must be signed with ES256 or RS256"):
                await hub.verify(f"{signed}.{encoded(digest)}")
        assert (await hub.verify(genuine)).subject == "desk"


async def test_a_token_of_the_provider_ends_ten_minutes_later_with_the_tolerance_of_clocks(node: Path) -> None:
    passed = timedelta()
    async with provider(node, signing_key("first")) as issuer:
        trust = Trust(issuer, ALGORITHMS, RemoteKeys(partial(fetch_discovered, issuer), utc_now))
        hub = TokenVerifier([trust], "contacthub", timedelta(seconds=30), lambda: utc_now() + passed)
        given = await token(issuer, "contacthub")
        passed = timedelta(minutes=10)
        assert (await hub.verify(given)).subject == "desk"
        passed = timedelta(minutes=10, seconds=31)
        with pytest.raises(Unauthorised, match="expired"):
            await hub.verify(given)


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_a_provider_that_is_down_is_told_as_such(node: Path) -> None:
    async with provider(node, signing_key("first")) as issuer:
        given = await token(issuer, "contacthub")
    with pytest.raises(Transient, match="identity provider"):
        await verifier(issuer).verify(given)
