"""A token is proved once in a while, and no longer believed than it is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.access.believed import BELIEVED_FOR, TOKENS_AT_MOST, BelievedTokens
from hub.access.principal import Principal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def principal(expires_at: datetime) -> Principal:
    return Principal("agent", frozenset(), None, expires_at)


def test_a_proved_token_is_believed_for_a_while() -> None:
    tokens, agent = BelievedTokens(), principal(NOON + timedelta(hours=1))
    tokens.keep("token", agent, NOON)
    assert tokens.find("token", NOON + BELIEVED_FOR - MOMENT) is agent
    assert tokens.find("token", NOON + BELIEVED_FOR) is None
    assert tokens.find("another", NOON) is None


def test_an_ended_token_is_not_believed() -> None:
    tokens = BelievedTokens()
    tokens.keep("token", principal(NOON + MOMENT), NOON)
    assert tokens.find("token", NOON + MOMENT) is None


def test_the_oldest_are_forgotten() -> None:
    tokens, agent = BelievedTokens(), principal(NOON + timedelta(hours=1))
    for number in range(TOKENS_AT_MOST + 1):
        tokens.keep(str(number), agent, NOON)
    assert tokens.find("0", NOON) is None
    assert tokens.find(str(TOKENS_AT_MOST), NOON) is agent
