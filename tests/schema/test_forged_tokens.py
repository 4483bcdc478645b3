"""A token that proves nothing opens no transport: over HTTP, by events, to a socket by its head or its first word."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from hub.access.keys import read_keys
from hub.access.tokens import ALGORITHMS, TokenVerifier, Trust
from hub.store.engine import Database
from tests.access.issuing import (
    AGENT,
    AUDIENCE,
    EC,
    ISSUER,
    NOON,
    RSA,
    SKEW,
    STRANGER,
    key_set,
    seconds,
    token,
    unsigned,
)
from tests.schema.following import PROTOCOL, Socket
from tests.schema.serving import Api, listening_api
from tests.schema.untouched import untouched

ASK: Final = "{ viewer { subject } }"
BY_PUBLIC_KEY: Final = {"alg": "HS256", "kid": "rsa-1"}


def signed_with_the_public_key() -> str:
    head, body, _ = unsigned(BY_PUBLIC_KEY).split(".")
    digest = hmac.new(RSA.as_pem(private=False), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return unsigned(BY_PUBLIC_KEY, signature=digest)


def with_other_claims() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{unsigned({}, {**AGENT, 'roles': ['steward']}).split('.')[1]}.{signature}"


FORGED: Final[Mapping[str, str]] = {
    "nobody's": unsigned({"alg": "none", "kid": "rsa-1"}),
    "by the public key": signed_with_the_public_key(),
    "a stranger's": token(key=STRANGER),
    "another algorithm's": token(algorithm="PS256"),
    "with other claims": with_other_claims(),
    "expired": token({**AGENT, "exp": seconds(NOON - SKEW - timedelta(seconds=1))}),
    "of tomorrow": token({**AGENT, "nbf": seconds(NOON + SKEW + timedelta(seconds=1))}),
    "another audience's": token({**AGENT, "aud": "billing"}),
    "another issuer's": token({**AGENT, "iss": "https://login.evil.example"}),
}
GOOD: Final[Mapping[str, str]] = {
    "of now": token(),
    "by the other key": token(key=EC, algorithm="ES256"),
    "ended within the tolerance": token({**AGENT, "exp": seconds(NOON - SKEW + timedelta(seconds=1))}),
}


async def statuses(api: Api, bearer: str) -> set[int]:
    """Of each way over HTTP."""
    headers = {"authorization": f"Bearer {bearer}"}
    events = headers | {"accept": "text/event-stream"}
    answers = [
        await api.http.post("/graphql", json={"query": ASK}, headers=headers),
        await api.http.post("/graphql", json={"query": ASK, "extensions": {}}, headers=headers),
        await api.http.get("/graphql", params={"query": ASK}, headers=headers),
        await api.http.post("/graphql", json={"query": ASK}, headers=events),
    ]
    return {answer.status_code for answer in answers}


async def first_words(address: str, bearer: str) -> list[object]:
    """What a socket is told that bears the token in its head, and one that bears it in connection_init."""
    said: list[object] = []
    for head, payload in (({"authorization": f"Bearer {bearer}"}, {}), ({}, {"authorization": f"Bearer {bearer}"})):
        asked = connect(f"ws://{address}/graphql", subprotocols=[PROTOCOL], additional_headers=head, proxy=None)
        async with asked as connection:
            opened = Socket(connection)
            await opened.say(type="connection_init", payload=payload)
            try:
                said.append((await opened.hear())["type"])
            except ConnectionClosedError as error:
                said.append(error.rcvd and error.rcvd.code)
    return said


async def test_a_forged_token_opens_no_transport_and_a_good_one_opens_each(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    provider = Trust(ISSUER, ALGORITHMS, read_keys(key_set(RSA, EC)))
    tokens = TokenVerifier([provider], AUDIENCE, SKEW, lambda: NOON)
    async with asyncio.timeout(60), listening_api(database_url, tmp_path, tokens=tokens) as (api, address):
        async with untouched(company, apart_from={"audit_event"}):
            for what, bearer in FORGED.items():
                assert await statuses(api, bearer) == {401}, what
                assert await first_words(address, bearer) == [4403, 4403], what
        for what, bearer in GOOD.items():
            assert await statuses(api, bearer) == {200}, what
            assert await first_words(address, bearer) == ["connection_ack"] * 2, what
