"""A token is believed when its issuer, signature, time and audience hold, and refused with a word that helps."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from hub.access.keys import read_keys
from hub.access.principal import SCOPES_OF, Principal, Role, Scope
from hub.access.tokens import ALGORITHMS, Trust
from hub.errors import Unauthorised
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
    verifier,
    verify,
)

ANNA = "6f1c2a9e-0d7b-4c55-9a55-2f64c1f0a1b2"


async def test_agent_is_recognised_with_what_his_role_allows() -> None:
    assert await verify(token({**AGENT, "queue": "billing"})) == Principal(
        subject="agent-7",
        scopes=SCOPES_OF[Role.AGENT],
        customer=None,
        expires_at=NOON + timedelta(hours=1) + SKEW,
        roles=frozenset({Role.AGENT}),
        queue="billing",
    )


async def test_elliptic_key_and_header_of_the_issuers_own_are_accepted() -> None:
    bearer = token(key=EC, algorithm="ES256", header={"typ": "at+jwt", "nonce": "x"})
    assert (await verify(bearer)).subject == "agent-7"


async def test_customer_is_tied_to_his_own_id() -> None:
    principal = await verify(token({**AGENT, "roles": "customer", "customer_id": ANNA}))
    assert principal.customer == UUID(ANNA)
    assert principal.scopes == SCOPES_OF[Role.CUSTOMER]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openid profile", SCOPES_OF[Role.AGENT]),
        ("openid customers:read", {Scope.CUSTOMERS_READ}),
        ("customers:read flows:run", {Scope.CUSTOMERS_READ}),
        ("flows:run", set()),
    ],
)
async def test_scope_narrows_what_the_role_allows_and_never_widens_it(scope: str, expected: set[Scope]) -> None:
    assert (await verify(token({**AGENT, "scope": scope}))).scopes == expected


async def test_roles_of_other_applications_are_ignored() -> None:
    principal = await verify(token({**AGENT, "roles": ["wiki-editor", "agent", "architect"]}))
    assert principal.roles == {Role.AGENT, Role.ARCHITECT}


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["other", AUDIENCE]])
async def test_audience_may_be_one_of_several(audience: object) -> None:
    assert (await verify(token({**AGENT, "aud": audience}))).subject == "agent-7"


REFUSED_CLAIMS: list[tuple[dict[str, object], str]] = [
    ({"exp": seconds(NOON - SKEW)}, "the token has expired; log in again"),
    ({"exp": None}, "the token lacks the claim exp; see the reference of tokens"),
    ({"exp": "tomorrow"}, "the claim exp of the token cannot be used"),
    (
        {"nbf": seconds(NOON + SKEW) + 1},
        "the token is not valid yet; compare the clocks of its issuer and of this hub",
    ),
    (
        {"iat": seconds(NOON + SKEW) + 1},
        "the token was issued in the future; compare the clocks of its issuer and of this hub",
    ),
    ({"aud": "billing"}, "the token is for another audience; ask the identity provider for one for this hub"),
    ({"aud": ["billing"]}, "the token is for another audience; ask the identity provider for one for this hub"),
    ({"aud": None}, "the token lacks the claim aud; see the reference of tokens"),
    ({"aud": {"contacthub": 1}}, "the token is for another audience; ask the identity provider for one for this hub"),
    (
        {"iss": "https://login.evil"},
        "this hub does not trust the issuer of the token; log in with its identity provider",
    ),
    ({"sub": None}, "the token lacks the claim sub; see the reference of tokens"),
    ({"sub": "x" * 256}, "the token cannot be used: see its sub"),
    ({"roles": []}, "the token cannot be used: see its roles"),
    ({"roles": ["root"]}, "the token cannot be used: see its roles"),
    ({"roles": 7, "queue": ""}, "the token cannot be used: see its queue, roles"),
    ({"roles": ["customer"]}, "a customer's token has the role customer alone, and a customer_id"),
    (
        {"roles": ["customer", "agent"], "customer_id": ANNA},
        "a customer's token has the role customer alone, and a customer_id",
    ),
    ({"customer_id": ANNA}, "only a customer's token has a customer_id"),
    ({"roles": ["customer"], "customer_id": "7"}, "the token cannot be used: see its customer_id"),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED_CLAIMS)
async def test_claims_that_do_not_hold_are_refused_with_advice(changed: dict[str, object], message: str) -> None:
    claims = {name: value for name, value in {**AGENT, **changed}.items() if value is not None}
    with pytest.raises(Unauthorised) as refused:
        await verify(token(claims))
    assert refused.value.message == message


async def test_clocks_may_differ_by_the_tolerance() -> None:
    almost_gone = {"exp": seconds(NOON - SKEW) + 1, "nbf": seconds(NOON + SKEW), "iat": seconds(NOON + SKEW)}
    principal = await verify(token({**AGENT, **almost_gone}))
    assert principal.expires_at == NOON + timedelta(seconds=1)


async def test_token_that_never_ends_gets_the_last_datetime_there_is() -> None:
    assert (await verify(token({**AGENT, "exp": 10**15}))).expires_at.year == 9999


HS256_WITH_THE_PUBLIC_KEY = [
    RSA.as_pem(private=False),
    RSA.as_der(private=False),
    json.dumps(RSA.as_dict(private=False)).encode(),
]


@pytest.mark.parametrize("secret", HS256_WITH_THE_PUBLIC_KEY, ids=["pem", "der", "jwk"])
async def test_public_key_used_as_a_secret_signs_nothing(secret: bytes) -> None:
    head, body, _ = unsigned({"alg": "HS256", "kid": "rsa-1"}).split(".")
    digest = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    with pytest.raises(Unauthorised, match="must be signed with ES256 or RS256"):
        await verify(unsigned({"alg": "HS256", "kid": "rsa-1"}, signature=digest))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS512", "PS256", "", 7, None, ["RS256"]])
async def test_other_algorithms_are_refused(algorithm: object) -> None:
    with pytest.raises(Unauthorised, match="must be signed with ES256 or RS256"):
        await verify(unsigned({"alg": algorithm, "kid": "rsa-1"}))


async def test_token_signed_by_a_stranger_under_a_known_key_id_is_refused() -> None:
    with pytest.raises(Unauthorised, match="signature of the token does not hold"):
        await verify(token(key=STRANGER))


async def test_changed_claims_break_the_signature() -> None:
    head, _, signature = token().split(".")
    _, body, _ = unsigned({}, {**AGENT, "roles": ["steward"]}).split(".")
    with pytest.raises(Unauthorised, match="signature of the token does not hold"):
        await verify(f"{head}.{body}.{signature}")


async def test_key_of_one_algorithm_does_not_serve_another() -> None:
    with pytest.raises(Unauthorised, match="no longer lists"):
        await verify(unsigned({"alg": "ES256", "kid": "rsa-1"}))


async def test_critical_header_that_is_not_understood_is_refused() -> None:
    assert (await verify(token(header={"surprise": 1}))).subject == "agent-7"
    with pytest.raises(Unauthorised, match="needs an extension"):
        await verify(token(header={"crit": ["surprise"], "surprise": 1}))


async def test_symmetric_key_in_a_published_set_signs_nothing() -> None:
    leaked = OctKey.generate_key(256, {"kid": "oct-1"})
    trust = Trust(ISSUER, ALGORITHMS, read_keys(key_set(RSA, leaked)))
    with pytest.raises(Unauthorised, match="must be signed with ES256 or RS256"):
        await verifier(trust).verify(token(key=leaked, algorithm="HS256"))


@pytest.mark.parametrize(
    "bearer",
    [
        "",
        "x",
        "a.b",
        "a.b.c",
        "é.b.c",
        "....",
        unsigned({"alg": "RS256"}, {"sub": "no issuer"}),
        unsigned({"alg": "RS256"}, {"iss": 7}),
        f"{unsigned({'alg': 'RS256'}).split('.')[0]}.{'W1tb' * 1500}.x",
        f"{'W1tb' * 1500}.e30.x",
        token() + ".x",
    ],
    ids=range(11),  # a name with a signature in it is another one in every process
)
async def test_what_is_no_token_is_refused_as_such(bearer: str) -> None:
    with pytest.raises(Unauthorised, match="not a JSON Web Token"):
        await verify(bearer)


async def test_endless_token_is_not_even_read() -> None:
    with pytest.raises(Unauthorised, match="longer than 8192"):
        await verify("x" * 8193)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64", "jwk", "x5c", "cty"]), ODD)
CLAIMS = st.dictionaries(
    st.sampled_from(["sub", "exp", "nbf", "iat", "aud", "roles", "scope", "customer_id", "queue"]), ODD
)


@given(header=HEADERS, alg=st.sampled_from(["RS256", "ES256"]))
async def test_no_header_of_a_forged_token_breaks_the_verifier(header: dict[str, object], alg: str) -> None:
    with pytest.raises(Unauthorised):
        await verify(unsigned({"kid": "rsa-1", "alg": alg, **header}))


@given(changed=CLAIMS)
@example(changed={"roles": [["agent"]]})
async def test_no_claims_of_a_signed_token_break_the_verifier(changed: dict[str, object]) -> None:
    try:
        principal = await verify(token({**AGENT, **changed}))
    except Unauthorised:
        return
    assert principal.roles
    assert principal.expires_at > NOON
