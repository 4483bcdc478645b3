"""Development tokens work in the embedded mode, on their own installation, and nowhere else."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hub.access.development import ISSUER, KEY_FILE, DevelopmentTokens
from hub.access.principal import SCOPES_OF, Role
from hub.access.tokens import TokenVerifier
from hub.errors import Invalid, Unauthorised
from hub.records.identity import CustomerId
from tests.access.issuing import AGENT, AUDIENCE, NOON, SKEW, token, unsigned, verifier, verify

ANNA = CustomerId(UUID("6f1c2a9e-0d7b-4c55-9a55-2f64c1f0a1b2"))


def _tokens(data_dir: Path, embedded: bool = True) -> DevelopmentTokens:
    return DevelopmentTokens(data_dir, embedded=embedded, audience=AUDIENCE, clock=lambda: NOON)


def _verifier(tokens: DevelopmentTokens, after: timedelta = timedelta()) -> TokenVerifier:
    return verifier(tokens.trust, now=NOON + after)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CUSTOMER])
async def test_token_of_each_role_has_the_scopes_of_the_role(tmp_path: Path, role: Role) -> None:
    tokens = _tokens(tmp_path)
    principal = await _verifier(tokens).verify(tokens.issue(role))
    assert principal.subject == f"development:{role.value}"
    assert principal.scopes == SCOPES_OF[role]
    assert principal.expires_at == NOON + timedelta(hours=12) + SKEW


async def test_customers_token_names_the_customer(tmp_path: Path) -> None:
    tokens = _tokens(tmp_path)
    principal = await _verifier(tokens).verify(tokens.issue(Role.CUSTOMER, ANNA))
    assert principal.customer == ANNA


def test_customer_without_an_id_and_agent_with_one_are_invalid(tmp_path: Path) -> None:
    tokens = _tokens(tmp_path)
    for role, customer_id in ((Role.CUSTOMER, None), (Role.AGENT, ANNA)):
        with pytest.raises(Invalid) as refused:
            tokens.issue(role, customer_id)
        assert refused.value.path == ("customer_id",)


async def test_token_ends_with_its_lifetime(tmp_path: Path) -> None:
    tokens = _tokens(tmp_path)
    bearer = tokens.issue(Role.AGENT, lifetime=timedelta(minutes=1))
    with pytest.raises(Unauthorised, match="expired"):
        await _verifier(tokens, after=timedelta(minutes=1) + SKEW).verify(bearer)


def test_outside_the_embedded_mode_there_are_none_and_no_key_is_made(tmp_path: Path) -> None:
    with pytest.raises(Unauthorised, match="only where the hub runs its own database"):
        _tokens(tmp_path, embedded=False)
    assert list(tmp_path.iterdir()) == []


async def test_token_of_the_embedded_mode_is_refused_outside_it(tmp_path: Path) -> None:
    with pytest.raises(Unauthorised, match="does not trust the issuer"):
        await verify(_tokens(tmp_path).issue(Role.STEWARD))


async def test_token_of_another_installation_is_refused(tmp_path: Path) -> None:
    ours, theirs = _tokens(tmp_path / "ours"), _tokens(tmp_path / "theirs")
    with pytest.raises(Unauthorised, match="signature of the token does not hold"):
        await _verifier(ours).verify(theirs.issue(Role.STEWARD))


async def test_development_issuer_accepts_neither_other_algorithms_nor_other_keys(tmp_path: Path) -> None:
    tokens = _tokens(tmp_path)
    claims = {**AGENT, "iss": ISSUER}
    for forged in (token(claims), unsigned({"alg": "none"}, claims)):
        with pytest.raises(Unauthorised, match="must be signed with HS256"):
            await _verifier(tokens).verify(forged)


def test_key_is_for_its_owner_alone_and_lasts(tmp_path: Path) -> None:
    _tokens(tmp_path)
    path = tmp_path / KEY_FILE
    key = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) == 43
    _tokens(tmp_path)
    assert path.read_bytes() == key
    assert [entry.name for entry in tmp_path.iterdir()] == [KEY_FILE]


def test_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    _tokens(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(Unauthorised, match="can be read by others"):
        _tokens(tmp_path)


async def test_installations_started_at_once_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        several = list(pool.map(lambda _: _tokens(tmp_path), range(8)))
    bearer = several[0].issue(Role.AGENT)
    for tokens in several:
        assert (await _verifier(tokens).verify(bearer)).subject == "development:agent"
