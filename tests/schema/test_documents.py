"""Documents by id and by hash, over HTTP and WebSocket, and an installation that trusts its own only."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from hub.access.principal import Role
from hub.entrypoints.asgi.documents import KEEPING_ONE, LONGEST_READ, REMEMBERED_MAX, Documents, read_manifest
from hub.errors import Invalid, UnknownDocument
from hub.store.engine import Database
from tests.schema.following import acknowledged
from tests.schema.serving import Api, listening_api, serving

DOCUMENT = "{ viewer { subject } }"
OTHER = "{ viewer { subject __typename } }"
ANSWER = {"data": {"viewer": {"subject": "development:agent"}}}


def persisted(text: str) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}


async def ask(api: Api, **body: object) -> dict[str, object]:
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
    answer: dict[str, object] = (await api.http.post("/graphql", json=body, headers=headers)).json()
    return answer


def code(answer: dict[str, object]) -> object:
    errors = answer["errors"]
    assert isinstance(errors, list)
    return errors[0]["extensions"]["code"]


async def test_a_document_sent_once_is_answered_by_its_hash(api: Api) -> None:
    extensions = persisted(DOCUMENT)
    assert code(await ask(api, extensions=extensions)) == "PERSISTED_QUERY_NOT_FOUND"
    assert await ask(api, query=DOCUMENT, extensions=extensions) == ANSWER
    assert await ask(api, extensions=extensions) == ANSWER
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
    by_get = await api.http.get("/graphql", params={"extensions": json.dumps(extensions)}, headers=headers)
    assert by_get.json() == ANSWER


async def test_a_hash_of_another_text_is_refused_and_not_remembered(api: Api) -> None:
    assert code(await ask(api, query=OTHER, extensions=persisted(DOCUMENT))) == "INVALID"
    assert code(await ask(api, extensions=persisted(DOCUMENT))) == "PERSISTED_QUERY_NOT_FOUND"


def test_the_documents_that_were_not_used_longest_are_forgotten() -> None:
    documents = Documents({}, trusted_only=False)
    longest = LONGEST_READ - KEEPING_ONE
    texts = [f"{n:0{longest}}" for n in range(REMEMBERED_MAX // LONGEST_READ)]
    for text in texts:
        documents.text_of(text, None, persisted(text))
    documents.text_of(None, None, persisted(texts[0]))
    documents.text_of("4" * 9, None, persisted("4" * 9))
    assert documents.text_of(None, None, persisted(texts[0])) == texts[0]
    with pytest.raises(UnknownDocument):
        documents.text_of(None, None, persisted(texts[1]))


def test_short_documents_are_not_remembered_without_end() -> None:
    documents = Documents({}, trusted_only=False)
    for number in range(30_000):
        documents.text_of(str(number), None, persisted(str(number)))
    assert len(documents._remembered) == REMEMBERED_MAX // (KEEPING_ONE + 5)


async def test_a_trusted_document_is_answered_by_id_and_nothing_else_is(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    documents = Documents({"who": DOCUMENT}, trusted_only=True)
    async with serving(database_url, tmp_path, documents=documents) as api:
        assert await ask(api, documentId="who") == ANSWER
        assert await ask(api, query=DOCUMENT) == ANSWER
        headers = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
        assert (await api.http.get("/graphql", params={"documentId": "who"}, headers=headers)).json() == ANSWER
        assert code(await ask(api, query=OTHER)) == "UNTRUSTED_DOCUMENT"
        assert code(await ask(api, query=OTHER, extensions=persisted(OTHER))) == "UNTRUSTED_DOCUMENT"
        assert code(await ask(api, extensions=persisted(OTHER))) == "PERSISTED_QUERY_NOT_FOUND"
        assert code(await ask(api, documentId="whose")) == "PERSISTED_QUERY_NOT_FOUND"
        assert code(await ask(api, variables={})) == "BAD_REQUEST"


async def test_a_socket_names_documents_too_and_is_held_to_the_trusted_ones(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    documents = Documents({"who": DOCUMENT}, trusted_only=True)
    async with (
        listening_api(database_url, tmp_path, documents=documents) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as socket,
    ):
        await socket.say(id="1", type="subscribe", payload={"query": "", "documentId": "who"})
        assert await socket.hear() == {"id": "1", "type": "next", "payload": ANSWER}
        assert await socket.hear() == {"id": "1", "type": "complete"}
        await socket.say(id="2", type="subscribe", payload={"query": OTHER})
        refused = await socket.hear()
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "UNTRUSTED_DOCUMENT")


@pytest.mark.parametrize(
    "content",
    [
        {"who": DOCUMENT},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": "who", "body": DOCUMENT, "name": "Who", "type": "query"}],
        },
    ],
    ids=["relay", "apollo"],
)
def test_manifests_of_both_tools_are_read(tmp_path: Path, content: dict[str, object]) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read_manifest(path) == {"who": DOCUMENT}


@pytest.mark.parametrize("content", ["[]", '{"who": 1}', "{"], ids=["list", "number", "syntax"])
def test_a_manifest_that_is_none_is_refused_with_its_path(tmp_path: Path, content: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Invalid, match=r"manifest\.json: the manifest of trusted documents is not"):
        read_manifest(path)


async def test_an_answer_to_a_get_is_revalidated_and_kept_by_no_shared_cache(api: Api) -> None:
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
    first = await api.http.get("/graphql", params={"query": DOCUMENT}, headers=headers)
    told = {name: first.headers[name] for name in ("cache-control", "vary", "etag")}
    assert (told["cache-control"], told["vary"]) == ("private, no-cache", "Accept, Authorization, Origin")
    again = await api.http.get(
        "/graphql", params={"query": DOCUMENT}, headers=headers | {"if-none-match": f'"old", W/{first.headers["etag"]}'}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in told} == told, "as a 200 would have them (RFC 9110, section 15.4.5)"
    for several in ([("if-none-match", '"old"'), ("if-none-match", told["etag"])], [("if-none-match", "*")]):
        asked = await api.http.get("/graphql", params={"query": DOCUMENT}, headers=[*headers.items(), *several])
        assert asked.status_code == 304
    held = {"if-none-match": told["etag"]}
    steward = {"authorization": f"Bearer {api.token(Role.STEWARD)}"}
    others = await api.http.get("/graphql", params={"query": DOCUMENT}, headers=steward | held)
    assert (others.status_code, others.json()["data"]["viewer"]["subject"]) == (200, "development:steward")
    nobodys = await api.http.get("/graphql", params={"query": DOCUMENT}, headers=held)
    assert (nobodys.status_code, nobodys.headers["cache-control"]) == (401, "no-store")
    changed = await api.http.get("/graphql", params={"query": OTHER}, headers=headers | {"if-none-match": '"old"'})
    assert changed.status_code == 200
    posted = await api.post(DOCUMENT, token=api.token(Role.AGENT))
    assert (posted.headers["cache-control"], "etag" in posted.headers) == ("no-store", False)
