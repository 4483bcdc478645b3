"""Sessions that end, lines that break, a Tryton that says no: each with the error that tells how to recover."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.tryton.options import TrytonOptions
from adapters.tryton.port import TrytonPort
from hub.errors import Rejected, Transient, Unauthorised
from hub.ports.limits import RateLimit
from hub.ports.writing import FieldChange, Operation, Unanswered, WriteCommand, Written
from hub.records.identity import Entity, ExternalId, SystemName
from tests.adapters.tryton.long_transaction import end_newest_session
from tests.adapters.tryton.parties import make_parties, medium_of
from tests.adapters.tryton.proxy import Answer, Line, Request, Rule, Upstream, too_many_requests
from tests.adapters.tryton.running import RunningTryton
from tests.contracts.runs import run

pytestmark = pytest.mark.slow

CUSTOMER = Entity.CUSTOMER
LOGIN = "common.db.login"
WRITE = "model.party.party.write"
CREATE = "model.party.party.create"


def correction(tryton: RunningTryton, party: ExternalId, new: str) -> WriteCommand:
    child, value = medium_of(tryton.rpc, party)
    change = FieldChange(("contact_media", str(child), "value"), value, new)
    return WriteCommand(f"correct {party}", CUSTOMER, Operation.UPDATE, party, (change,))


async def test_an_ended_session_is_renewed_once_for_all_callers(
    tryton: RunningTryton, line: Line, port_behind_line: TrytonPort
) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    await port_behind_line.now()
    await end_newest_session(tryton.dsn)

    found = await asyncio.gather(*(port_behind_line.read(CUSTOMER, [party]) for _ in range(4)))

    assert [objects[0].external_id for objects in found] == [party] * 4
    assert line.count(LOGIN) == 2


async def test_a_refused_password_is_tried_once_and_not_again(tryton: RunningTryton, line: Line) -> None:
    options = tryton.options(line.url)
    wrong = TrytonOptions.model_validate({**options.model_dump(), "password": "wrong-password"})
    port = TrytonPort(SystemName("crm"), wrong)

    for _ in range(6):
        with pytest.raises(Unauthorised) as refusal:
            await port.now()
        assert "wrong-password" not in refusal.value.message
    (checked,) = await port.check()
    await port.aclose()

    assert line.count(LOGIN) == 1
    assert not checked.ok
    assert "check `user` and `password`" in checked.detail


async def test_without_the_clock_model_the_answers_date_stands_in(line: Line, port_behind_line: TrytonPort) -> None:
    async def without_the_model(request: Request, upstream: Upstream) -> Answer:
        return await upstream(request.replace(b"sale.reporting.region.tree", b"sale.reporting.region.none"))

    exact = await port_behind_line.now()
    line.rule = without_the_model
    rough = [await port_behind_line.now() for _ in range(2)]

    assert [moment.microsecond for moment in rough] == [0, 0]
    assert all(abs(moment - exact) < timedelta(seconds=10) for moment in rough)
    assert line.count("model.sale.reporting.region.tree.search_read") == 2


async def test_check_names_the_rights_that_a_user_lacks(tryton: RunningTryton) -> None:
    tryton.rpc.create("res.user", [{"name": "Guest", "login": "guest", "password": "guest-password-1"}])
    guest = {**tryton.options().model_dump(), "user": "guest", "password": "guest-password-1"}
    port = TrytonPort(SystemName("crm"), TrytonOptions.model_validate(guest))

    results = {result.name: result for result in await port.check()}
    await port.aclose()

    assert results["login"].ok
    assert not results["sales_order"].ok
    assert "is the module sale activated, and may the user read it?" in results["sales_order"].detail


async def test_an_unknown_database_is_rejected(line: Line, port_behind_line: TrytonPort) -> None:
    # Tryton itself takes a minute to find out that PostgreSQL has no such database.
    line.rule = _answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(Rejected, match="no database of this name"):
        await port_behind_line.now()


async def test_patience_is_passed_on_with_its_seconds(line: Line, port_behind_line: TrytonPort) -> None:
    line.rule = _answering(too_many_requests(17))

    with pytest.raises(Transient) as asked:
        await port_behind_line.now()

    assert asked.value.retry_after_s == 17
    assert port_behind_line.rate_limit() == RateLimit(0, 17)
    assert port_behind_line.rate_limit() is None


async def test_a_write_whose_answer_is_lost_is_unanswered_though_it_happened(
    tryton: RunningTryton, line: Line, port_behind_line: TrytonPort
) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    command = correction(tryton, party, "lost@example.org")
    line.rule = _losing(WRITE)

    (outcome,) = await port_behind_line.write([command])
    (again,) = await port_behind_line.write([command])

    assert isinstance(outcome, Unanswered)
    assert medium_of(tryton.rpc, party)[1] == "lost@example.org"
    assert isinstance(again, Written)
    assert line.count(WRITE) == 1


async def test_a_creation_whose_answer_is_lost_is_found_and_not_repeated(
    line: Line, port_behind_line: TrytonPort
) -> None:
    command = WriteCommand("lost-1", CUSTOMER, Operation.CREATE, None, (FieldChange(("name",), None, "Lost"),))
    line.rule = _losing(CREATE)

    (outcome,) = await port_behind_line.write([command])
    found = await port_behind_line.find_by_key(CUSTOMER, "lost-1")
    (again,) = await port_behind_line.write([command])

    assert isinstance(outcome, Unanswered)
    assert found is not None
    assert isinstance(again, Written)
    assert again.external_id == found.external_id
    assert line.count(CREATE) == 1


async def test_a_read_whose_answer_is_lost_is_transient(line: Line, port_behind_line: TrytonPort) -> None:
    line.rule = _losing("model.party.party.search_read")

    with pytest.raises(Transient):
        await run(port_behind_line, CUSTOMER, None, timedelta())


async def test_a_tryton_that_is_not_there_is_transient_for_a_write(
    tryton: RunningTryton, line: Line, port_behind_line: TrytonPort
) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    command = correction(tryton, party, "never@example.org")
    await port_behind_line.now()
    await line.stop()

    with pytest.raises(Transient):
        await port_behind_line.write([command])

    assert medium_of(tryton.rpc, party)[1] == "before@example.org"


def _answering(answer: Answer) -> Rule:
    """In Tryton's place."""

    async def rule(request: Request, upstream: Upstream) -> Answer:
        return answer

    return rule


def _losing(method: str) -> Rule:
    """Tryton does it; its answer is swallowed."""

    async def lose(request: Request, upstream: Upstream) -> Answer:
        answer = await upstream(request)
        return b"" if method.encode() in request else answer

    return lose
