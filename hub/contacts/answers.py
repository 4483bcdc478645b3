"""Answers in a dialog: checked by their question, and known ones taken over so that nothing is asked twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.view import View
from hub.errors import Invalid
from hub.settings.topics import AnswerType, Question, Topic

ANSWER_MAX: Final = 2_000

Answers: TypeAlias = dict[str, dict[str, str]]
"""Question to `value`, `source` (said, view, or dialog) and `at`; of an earlier dialog also its id under `dialog`."""


def checked(question: Question, value: str) -> str:
    """The answer in its one spelling; Invalid where it is no answer to the question."""
    trimmed = value.strip()
    if not 0 < len(trimmed) <= ANSWER_MAX:
        raise Invalid(f"an answer has 1 to {ANSWER_MAX} characters", ("answers", question.name))
    try:
        return _spelt(question, trimmed)
    except (ValueError, InvalidOperation):
        raise Invalid(f"that is no {question.type.value.lower()}", ("answers", question.name)) from None


def _spelt(question: Question, value: str) -> str:
    match question.type:
        case AnswerType.TEXT:
            return value
        case AnswerType.DATE:
            return date.fromisoformat(value).isoformat()
        case AnswerType.NUMBER:
            number = Decimal(value)
            if not number.is_finite():
                raise ValueError(value)
            return str(number)
        case AnswerType.BOOLEAN:
            return {"true": "true", "false": "false"}.get(value.lower()) or _no()
        case AnswerType.CHOICE:
            return value if value in question.choices else _no()
        case _:
            assert_never(question.type)


def _no() -> str:
    raise ValueError


async def known_answers(
    connection: AsyncConnection, topic: Topic, customer: UUID | None, session: UUID, view: View, now: datetime
) -> Answers:
    """What need not be asked: answers of earlier dialogs while they count, else what the view says."""
    earlier = await _earlier(connection, list(topic.questions), customer, session)
    found: Answers = {}
    for name, question in topic.questions.items():
        before = earlier.get(name)
        if before is not None and now - datetime.fromisoformat(before["at"]) < timedelta(days=question.reuse_days):
            found[name] = before
            continue
        value = _from_view(question, view)
        if value is not None:
            found[name] = {"value": value, "source": "view", "at": now.isoformat()}
    return found


def _from_view(question: Question, view: View) -> str | None:
    if question.compiled is None:
        return None
    value: object = question.compiled.search(view.values)
    if value is None or isinstance(value, list | dict) or value == "":
        return None
    told = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return checked(question, told)
    except Invalid:
        # What a package holds need not be an answer; then it is asked.
        return None


async def _earlier(
    connection: AsyncConnection, names: list[str], customer: UUID | None, session: UUID
) -> Mapping[str, dict[str, str]]:
    """The last answer that the customer himself gave to each question, in this session or, known, in any."""
    rows = await connection.execute(
        text(
            """SELECT DISTINCT ON (a.key) a.key, a.value ->> 'value' AS value, a.value ->> 'at' AS at, d.id
               FROM business_dialog d CROSS JOIN LATERAL jsonb_each(d.answers) a
               WHERE (d.session_id = :session OR d.customer_id = :customer) AND a.key = ANY(:names)
                 AND a.value ->> 'source' = 'said'
               ORDER BY a.key, a.value ->> 'at' DESC, d.id"""
        ),
        {"session": session, "customer": customer, "names": names},
    )
    return {row.key: {"value": row.value, "source": "dialog", "at": row.at, "dialog": str(row.id)} for row in rows}


def missing(topic: Topic, answers: Mapping[str, object]) -> list[str]:
    """Required questions without an answer, in the order in which they are asked."""
    return [name for name, question in topic.questions.items() if question.required and name not in answers]


def step_at(topic: Topic, answers: Mapping[str, object]) -> str | None:
    """The first step in which something required is open; None: there is nothing more to ask."""
    open_ones = set(missing(topic, answers))
    for step in topic.steps:
        if open_ones & {question.name for question in step.questions}:
            return step.name
    return None
