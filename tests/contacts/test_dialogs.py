"""Topics dealt with over the API: proof, answers that are known, requests that they open."""

from __future__ import annotations

from typing import Any

import pytest

from hub.access.principal import Role
from hub.store.engine import Database
from tests.contacts.conducting import IDENTIFY, counted, do, start, step, wanted
from tests.schema.serving import Api

pytestmark = pytest.mark.slow

DIALOG = """dialog {
  id state outcome step content(language: "nl") toAsk { name }
  answers { question value source }
  request {
    id kind state subject number source tasks { name system state } handling { topic handler respondBy executedBy }
  }
} problems { code message path }"""
EVERYTHING = ("business_dialog", "business_request", "request_handling", "outbound_command", "timeline_entry")


def document(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {DIALOG} }} }}"


async def dialog(api: Api, name: str, role: Role = Role.AGENT, **given: Any) -> Any:
    return await do(api, name, document(name), role, **given)


async def begun(api: Api, topic: str, **known: str) -> tuple[Any, Any]:
    """A session with the customer and a dialog about the topic."""
    session = (await start(api, known=known or {"phone": "+31612345678"}))["session"]
    return session, (await dialog(api, "startDialog", sessionId=session["id"], topic=topic))["dialog"]


async def phase(api: Api, session: Any) -> str:
    answer = await api.ask(
        "query($id: ID!) { node(id: $id) { ... on CustomerSession { phase } } }", {"id": session["id"]}
    )
    return str(answer.data["node"]["phase"])


async def test_a_topic_that_demands_proof_waits_for_it_and_goes_on(desk: Api) -> None:
    session, found = await begun(desk, "moving-house")
    assert (found["state"], found["outcome"], found["step"]) == ("HOLD", "REQUIRES_AUTHENTICATION", "where")
    forced = await dialog(desk, "moveDialog", dialogId=found["id"], to="ACTIVE")
    assert forced["problems"][0]["code"] == "CONFLICT"
    await step(desk, "authenticateSession", session, passed=False)
    failed = await dialog(desk, "moveDialog", dialogId=found["id"], to="ACTIVE")
    assert "FAILED_AUTHENTICATION" in failed["problems"][0]["message"]
    proved = await step(desk, "authenticateSession", session)
    assert proved["session"]["identificationLevel"] == "AUTHENTICATED"
    answered = await dialog(
        desk, "answerDialog", dialogId=found["id"], answers=[{"question": "postal_code", "value": "1017 GC"}]
    )
    assert (answered["dialog"]["state"], answered["dialog"]["outcome"]) == ("ACTIVE", None)
    assert await phase(desk, session) == "DIALOG"


async def test_what_is_known_is_not_asked_and_says_where_it_is_known_from(desk: Api) -> None:
    session, first = await begun(desk, "moving-house")
    assert first["answers"] == [{"question": "email", "value": "anna@example.nl", "source": "VIEW"}]
    assert [question["name"] for question in first["toAsk"]] == ["postal_code", "moving_date", "remarks"]
    assert first["content"] == "Ask for the new address"
    await step(desk, "authenticateSession", session)
    said = [{"question": "postal_code", "value": " 1017 GC "}, {"question": "remarks", "value": "Bell is broken"}]
    await dialog(desk, "answerDialog", dialogId=first["id"], answers=said)
    _, second = await begun(desk, "moving-house", email="anna@example.nl")
    assert second["answers"] == [
        {"question": "email", "value": "anna@example.nl", "source": "VIEW"},
        {"question": "postal_code", "value": "1017 GC", "source": "DIALOG"},
    ]
    assert second["step"] == "when"


async def test_an_anonymous_topic_needs_nobody_and_a_finished_one_frees_the_phase(desk: Api) -> None:
    session = (await start(desk, Role.FRONTEND, channel="web"))["session"]
    found = (await dialog(desk, "startDialog", Role.FRONTEND, sessionId=session["id"], topic="opening-hours"))["dialog"]
    assert (found["state"], await phase(desk, session)) == ("ACTIVE", "DIALOG")
    done = await dialog(desk, "completeDialog", Role.FRONTEND, dialogId=found["id"])
    assert (done["dialog"]["state"], done["dialog"]["outcome"]) == ("COMPLETED", "SUCCESS")
    assert await phase(desk, session) == "EXPLORATION"


async def test_a_completed_topic_opens_its_request_with_tasks_and_tells_the_crm(desk: Api, company: Database) -> None:
    session, found = await begun(desk, "complaint")
    done = (await dialog(desk, "completeDialog", dialogId=found["id"]))["dialog"]
    assert (done["state"], done["outcome"]) == ("COMPLETED", "PENDING")
    request = done["request"]
    assert (request["kind"], request["state"], request["source"]) == ("COMPLAINT", "ACKNOWLEDGED", "hub")
    assert request["handling"] == {
        "topic": "complaint",
        "handler": "development:agent",
        "respondBy": "2026-03-02T16:00:00Z",
        "executedBy": None,
    }
    (told,) = await wanted(company, "business_request")
    assert told == {
        "id": request["number"],
        "customer": "crm-anna",
        "number": request["number"],
        "kind": "COMPLAINT",
        "state": "ACKNOWLEDGED",
        "subject": "A complaint",
        "topic": "complaint",
        "opened_at": "2026-03-02T12:00:00+00:00",
    }
    closed = await step(desk, "wrapUpSession", session)
    assert closed["session"]["result"] == "COMPLETED"


async def test_a_sale_goes_straight_to_the_back_office_and_makes_the_contact_commercial(
    desk: Api, company: Database
) -> None:
    session, found = await begun(desk, "new-contract")
    assert len(await wanted(company, "contact")) == 1
    said = [{"question": "product", "value": "fibre"}, {"question": "months", "value": "12"}]
    await dialog(desk, "answerDialog", dialogId=found["id"], answers=said)
    request = (await dialog(desk, "completeDialog", dialogId=found["id"]))["dialog"]["request"]
    assert request["state"] == "IN_PROGRESS"
    assert request["tasks"] == [{"name": "place-order", "system": "backoffice", "state": "ACTIVE"}]
    assert request["handling"]["executedBy"] == "backoffice"
    ordered = [told for told in await wanted(company, "business_request") if "action" in told]
    assert [(told["id"], told["action"], told["answers"], told["email"]) for told in ordered] == [
        (request["number"], "place-order", {"months": "12", "product": "fibre"}, "anna@example.nl")
    ]
    await step(desk, "wrapUpSession", session, disposition="Sold")
    (wrap_up,) = await wanted(company, "wrap_up")
    (handled,) = wrap_up["dialogs"]
    assert (handled["topic"], handled["outcome"], handled["request"]) == ("new-contract", "PENDING", request["number"])


@pytest.mark.parametrize(
    ("question", "value", "path"),
    [
        ("product", "copper", ["answers", "product"]),
        ("months", "many", ["answers", "months"]),
        ("months", "NaN", ["answers", "months"]),
        ("paperless", "perhaps", ["answers", "paperless"]),
        ("product", " ", ["answers", "product"]),
        ("colour", "red", ["answers", "colour"]),
    ],
)
async def test_what_is_no_answer_is_named_and_none_of_the_others_is_kept(
    desk: Api, company: Database, question: str, value: str, path: list[str]
) -> None:
    _, found = await begun(desk, "new-contract")
    said = [{"question": "paperless", "value": "true"}, {"question": question, "value": value}]
    before = await counted(company, *EVERYTHING)
    refused = await dialog(desk, "answerDialog", dialogId=found["id"], answers=said)
    assert [(problem["code"], problem["path"]) for problem in refused["problems"]] == [("INVALID", path)]
    done = await dialog(desk, "completeDialog", dialogId=found["id"])
    assert done["problems"] == [
        {"code": "INVALID", "message": "not answered yet: product, months", "path": ["answers", "product"]}
    ]
    assert await counted(company, *EVERYTHING) == before


async def test_an_unknown_topic_or_a_closed_session_begins_nothing(desk: Api, company: Database) -> None:
    session, found = await begun(desk, "complaint")
    unknown = await dialog(desk, "startDialog", sessionId=session["id"], topic="complaints")
    named = "moving-house, opening-hours, new-contract, complaint"
    message = f"there is no topic 'complaints' (did you mean 'complaint'? allowed: {named})"
    assert unknown["problems"] == [{"code": "INVALID", "message": message, "path": ["topic"]}]
    await step(desk, "wrapUpSession", session)
    before = await counted(company, *EVERYTHING)
    for refused in (
        await dialog(desk, "startDialog", sessionId=session["id"], topic="complaint"),
        await dialog(desk, "completeDialog", dialogId=found["id"]),
        await dialog(desk, "moveDialog", dialogId=found["id"], to="HOLD"),
    ):
        assert [problem["code"] for problem in refused["problems"]] == ["CONFLICT"]
    assert await counted(company, *EVERYTHING) == before


async def test_a_dialog_is_held_and_cancelled_and_its_moves_are_those_of_the_table(desk: Api) -> None:
    session, found = await begun(desk, "complaint")
    assert (await dialog(desk, "moveDialog", dialogId=found["id"], to="HOLD"))["dialog"]["state"] == "HOLD"
    assert (await dialog(desk, "moveDialog", dialogId=found["id"], to="ACTIVE"))["dialog"]["state"] == "ACTIVE"
    cancelled = (await dialog(desk, "moveDialog", dialogId=found["id"], to="CANCELLED"))["dialog"]
    assert (cancelled["state"], cancelled["outcome"], cancelled["request"]) == ("CANCELLED", "CANCELLED", None)
    again = await dialog(desk, "moveDialog", dialogId=found["id"], to="ACTIVE")
    message = "the dialog is CANCELLED and cannot become ACTIVE; what may follow is nothing: it has ended"
    assert again["problems"] == [{"code": "CONFLICT", "message": message, "path": []}]
    assert await phase(desk, session) == "EXPLORATION"


async def test_the_catalogue_is_there_for_every_channel(desk: Api) -> None:
    answer = await desk.ask("{ topics { name level requestKind executedBy steps { questions { name type } } } }")
    assert [topic["name"] for topic in answer.data["topics"]] == [
        "complaint",
        "moving-house",
        "new-contract",
        "opening-hours",
    ]
    assert answer.data["topics"][2]["executedBy"] == "backoffice"


async def test_a_topic_begun_with_nobody_goes_on_once_it_is_known_who_it_is_and_sales_hears_of_it(
    desk: Api, company: Database
) -> None:
    session = (await start(desk))["session"]
    sale = (await dialog(desk, "startDialog", sessionId=session["id"], topic="new-contract"))["dialog"]
    moving = (await dialog(desk, "startDialog", sessionId=session["id"], topic="moving-house"))["dialog"]
    assert (sale["state"], sale["outcome"]) == ("HOLD", "REQUIRES_AUTHENTICATION")
    assert await wanted(company, "contact") == []
    await do(desk, "identifyCustomer", IDENTIFY, sessionId=session["id"], known={"phone": "+31612345678"})
    read = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on BusinessDialog { state outcome answers { question } } } }"
    found = (await desk.ask(read, {"ids": [sale["id"], moving["id"]]})).data["nodes"]
    assert found == [
        {"state": "ACTIVE", "outcome": None, "answers": []},
        {"state": "HOLD", "outcome": "REQUIRES_AUTHENTICATION", "answers": []},
    ]
    (told,) = await wanted(company, "contact")
    assert told["customer"] == "crm-anna"


async def test_a_quote_that_no_topic_stands_for_makes_the_contact_commercial_too(desk: Api, company: Database) -> None:
    session = (await start(desk, known={"phone": "+31612345678"}))["session"]
    document = "mutation($input: OpenRequestInput!) { openRequest(input: $input) { problems { code } } }"
    given = {"sessionId": session["id"], "subject": "Asks"}
    await do(desk, "openRequest", document, kind="SERVICE", **given)
    assert await wanted(company, "contact") == []
    await do(desk, "openRequest", document, kind="QUOTE", **given)
    assert len(await wanted(company, "contact")) == 1
