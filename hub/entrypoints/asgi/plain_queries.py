"""In front of everything: a plain query that statements answer meets none of the framework's objects.

Nor does a plain mutation but for those that carry it out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, NamedTuple

import orjson
import structlog
from starlette.types import Receive, Scope, Send
from strawberry.http import process_result
from structlog.contextvars import bind_contextvars, reset_contextvars

from hub.access.tokens import TokenVerifier
from hub.entrypoints.asgi.answers import NEVER_KEPT, refused
from hub.entrypoints.asgi.bearer import caller_of
from hub.entrypoints.asgi.cors import VARY, Cors
from hub.entrypoints.asgi.documents import Documents
from hub.entrypoints.asgi.negotiation import media_type_of, written
from hub.entrypoints.asgi.origin import origin_given
from hub.entrypoints.asgi.outcome import outcome_of, told
from hub.entrypoints.asgi.plain_query import PATH, Head, PlainQuery, plain_head, plain_query, replayed, whole
from hub.entrypoints.asgi.requests import SAFE_PAIRS, failed, id_of_request
from hub.entrypoints.asgi.whole_answer import Pair, head_of, send_answer, sent_whole
from hub.errors import HubError
from hub.observe.metrics import Metrics
from hub.store.origin import coming_from
from schema.change import Changes
from schema.compiled.answer import CompiledReads
from schema.context import Context, Hub

PLAN: Final = b"x-hub-plan"
"""In development: which root fields a statement answered, and why resolvers answered the others."""

_NEVER_KEPT: Final = [(name.lower().encode(), value.encode()) for name, value in NEVER_KEPT.items()]

_ALWAYS: Final = head_of([*_NEVER_KEPT, *SAFE_PAIRS, VARY])
"""Of a good answer that no page asked for."""

log = structlog.get_logger(__name__)


class Answered(NamedTuple):
    """`pairs` are its own headers beside those of its media type; all of them where it has none."""

    status: int
    pairs: list[Pair]
    body: bytes
    media_type: bytes = b""


@dataclass(frozen=True, slots=True)
class PlainQueries:
    """What it does not answer is handed on whole, before anything has been carried out."""

    changes: Changes
    reads: CompiledReads
    tokens: TokenVerifier
    documents: Documents
    cors: Cors
    metrics: Metrics
    bytes_max: int
    development: bool

    async def left(self, hub: Hub, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer an HTTP request: None. Of any other the messages from its beginning."""
        head = plain_head(scope, self.bytes_max)
        if head is None:
            return receive
        messages = await whole(receive)
        asked = plain_query(messages)
        if asked is None:
            return replayed(messages, receive)
        started = time.perf_counter()
        request_id = id_of_request(head.request_id)
        bound = bind_contextvars(request_id=request_id)
        try:
            answered = await self._tried(hub, head, asked, request_id)
            if answered is None:
                return replayed(messages, receive)
            await self._send(scope, send, head, request_id, answered)
        finally:
            reset_contextvars(**bound)
        self.metrics.answered_http("POST", PATH, answered.status, time.perf_counter() - started)
        return None

    async def _send(self, scope: Scope, send: Send, head: Head, request_id: str, answered: Answered) -> None:
        status, pairs, body, media_type = answered
        named = request_id.encode()
        if media_type and not pairs and not head.from_page:
            own = b"content-length: %d\r\ncontent-type: %b\r\nx-request-id: %b\r\n" % (len(body), media_type, named)
            if sent_whole(send, status, _ALWAYS + own, body):
                return
        if media_type:
            length = (b"content-length", str(len(body)).encode())
            pairs = [*pairs, *_NEVER_KEPT, length, (b"content-type", media_type)]
        others = await self.cors.told(scope) if head.from_page else [VARY]
        await send_answer(send, status, [*pairs, (b"x-request-id", named), *SAFE_PAIRS, *others], body)

    async def _tried(self, hub: Hub, head: Head, asked: PlainQuery, request_id: str) -> Answered | None:
        try:
            origin = origin_given(head.host, head.purpose, head.session)
            with coming_from(origin):
                principal = await caller_of(hub, self.tokens, head.authorization)
                return await self._admitted(Context(hub, principal, request_id, origin), head, asked)
        except HubError as error:
            refusal = refused(error)
        except Exception:  # the edge: what comes this far is a fault of the hub
            log.exception("a request failed")
            refusal = failed(request_id)
        return Answered(refusal.status_code, refusal.raw_headers, bytes(refusal.body))

    async def _admitted(self, context: Context, head: Head, asked: PlainQuery) -> Answered | None:
        """Counted as one request of its caller; what is handed on is counted where it is answered."""
        admission = context.hub.admission
        caller = admission.enter(context.principal)
        try:
            answered = await self._answered(context, head, asked)
        except BaseException:
            admission.leave(caller)
            raise
        if answered is None:
            admission.hand_on(caller)
        else:
            admission.leave(caller)
        return answered

    async def _answered(self, context: Context, head: Head, asked: PlainQuery) -> Answered | None:
        started = time.perf_counter()
        text = self.documents.text_of(asked.text, None, None)
        if not text:
            return None
        answer = await self.reads.answer(context, text, asked.variables, asked.operation_name)
        result = answer.result or await self.changes.change(context, text, asked.variables, asked.operation_name)
        if result is None:
            return None
        self.metrics.answered_graphql(asked.operation_name, outcome_of(result), time.perf_counter() - started)
        media_type = media_type_of(head.accept)
        if result.errors or result.extensions:
            status, body = written(dict(process_result(result)), media_type)
        else:
            status, body = 200, orjson.dumps({"data": result.data})
        if not self.development or answer.result is None or not answer.told:
            return Answered(status, [], body, media_type.encode())
        plan = (PLAN, told(answer.told).encode("latin-1", "replace"))
        return Answered(status, [plan], body, media_type.encode())
