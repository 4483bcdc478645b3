"""One-click unsubscribe (RFC 8058) by the headers of a mail that a real receiver got."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.store.engine import Database
from tests.outbound.company import Street, lead_for
from tests.outbound.receiving import Receiver
from tests.schema.company import uid
from tests.schema.serving import Api, serving

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def api(street: Street, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(database_url, tmp_path, outbound=street.settings, company="Harbour") as api:
        api.clock.now = street.now
        yield api


async def mailed(street: Street, receiver: Receiver) -> str:
    """The path at which the mail that was sent last is unsubscribed from."""
    await lead_for(street.database, "Anna Bakker", street.now)
    await street.plan()
    await street.work()
    mail = receiver.mails[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(mail["List-Unsubscribe"])
    assert (address.startswith("<https://hub.example.com/u/"), len(address)) == (True, 27 + 48 + 1)
    return address.strip("<>").removeprefix("https://hub.example.com")


async def statements(database: Database) -> list[tuple[str, str, str, str]]:
    """What customers said of themselves beside what the company of the tests has."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT purpose, channel, status, principal FROM consent_statement
                   WHERE principal IS NOT NULL ORDER BY stated_at, version"""
            )
        )
        return [tuple(row) for row in rows]


async def test_a_post_withdraws_the_consent_for_mail_once_and_leaves_the_others(
    api: Api, street: Street, receiver: Receiver
) -> None:
    path = await mailed(street, receiver)
    street.forward(minutes=1)
    api.clock.now = street.now
    for _ in range(2):
        answer = await api.http.post(path, data=ONE_CLICK)
        assert (answer.status_code, answer.headers.get("location"), answer.headers.get("set-cookie")) == (
            200,
            None,
            None,
        )
    assert await statements(street.database) == [("marketing", "email", "REVOKED", "unsubscribe")]

    street.forward(minutes=1)
    other = await lead_for(street.database, "Anna Bakker", street.now)
    await street.plan()
    assert await street.states(other) == {"letters": "PLANNED", "calls": "PLANNED"}
    assert len(receiver.mails) == 1


async def test_a_form_of_parts_is_taken_as_well(api: Api, street: Street, receiver: Receiver) -> None:
    path = await mailed(street, receiver)
    part = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    answer = await api.http.post(path, content=part, headers={"content-type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, len(await statements(street.database))) == (200, 1)


async def test_who_only_looks_or_has_another_token_withdraws_nothing(
    api: Api, street: Street, receiver: Receiver
) -> None:
    path = await mailed(street, receiver)
    page = await api.http.get(path)
    assert (page.status_code, "Unsubscribe</button>" in page.text) == (200, True)
    assert (await api.http.post(path, content=b"x=1")).status_code == 400
    answering = str(receiver.mails[-1].get_payload(decode=True)).partition("/r/")[2][:48]
    changed = path[:9] + ("A" if path[9] != "A" else "B") + path[10:]
    for wrong in (changed, f"/u/{answering}", f"/r/{path.removeprefix('/u/')}"):
        assert (await api.http.post(wrong, data=ONE_CLICK)).status_code == 404
    assert await statements(street.database) == []


@pytest.mark.parametrize(
    ("accepted", "language", "button", "done"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl", "Afmelden", "U bent afgemeld."),
        ("sv,de;q=0.7", "de", "Abmelden", "Sie sind abgemeldet."),
        ("sv", "en", "Unsubscribe", "You are unsubscribed."),
        ("", "en", "Unsubscribe", "You are unsubscribed."),
    ],
)
async def test_the_page_speaks_the_readers_language(
    api: Api, street: Street, receiver: Receiver, accepted: str, language: str, button: str, done: str
) -> None:
    path, asked = await mailed(street, receiver), {"accept-language": accepted}
    page = await api.http.get(path, headers=asked)
    assert (f'<html lang="{language}">' in page.text, f"{button}</button>" in page.text) == (True, True)
    answer = await api.http.post(path, data=ONE_CLICK, headers=asked)
    assert (answer.status_code, answer.text) == (200, f"{done}\n")


async def test_an_erased_person_has_nothing_to_withdraw(api: Api, street: Street, receiver: Receiver) -> None:
    path = await mailed(street, receiver)
    async with street.database.transaction() as connection:
        await connection.execute(text("DELETE FROM sales_lead WHERE customer_id = :anna"), {"anna": uid("Anna Bakker")})
    assert (await api.http.post(path, data=ONE_CLICK)).status_code == 200
    assert await statements(street.database) == []
