"""In front of strawberry's view: a plain query that statements answer meets none of the framework's objects.

Nor does a plain mutation but for those that carry it out.
"""

from __future__ import annotations

import time
from typing import Final

import orjson
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.http import process_result

from hub.access.tokens import TokenVerifier
from hub.entrypoints.asgi.answers import NEVER_KEPT, refused
from hub.entrypoints.asgi.bearer import caller_of, token_in
from hub.entrypoints.asgi.documents import Documents
from hub.entrypoints.asgi.negotiation import media_type_of, written
from hub.entrypoints.asgi.outcome import outcome_of, told
from hub.entrypoints.asgi.plain_query import Head, PlainQuery, plain_head, plain_query, replayed, whole
from hub.entrypoints.asgi.running import Running
from hub.errors import HubError
from schema.change import change
from schema.compiled.answer import CompiledReads
from schema.context import Context
from schema.schema import HubSchema

PLAN: Final = b"x-hub-plan"
"""In development: which root fields a statement answered, and why resolvers answered the others."""

_NEVER_KEPT: Final = [(name.lower().encode(), value.encode()) for name, value in NEVER_KEPT.items()]


class PlainQueries:
    """What it does not answer is handed on whole, before anything has been carried out."""

    def __init__(
        self,
        app: ASGIApp,
        route: Route,
        schema: HubSchema,
        reads: CompiledReads,
        tokens: TokenVerifier,
        documents: Documents,
        bytes_max: int,
        *,
        development: bool,
    ) -> None:
        self._app = app
        self._route = route
        self._schema = schema
        self._reads = reads
        self._tokens = tokens
        self._documents = documents
        self._bytes_max = bytes_max
        self._development = development

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        head = plain_head(scope, self._bytes_max)
        if head is None:
            await self._app(scope, receive, send)
            return
        messages = await whole(receive)
        asked = plain_query(messages)
        if asked is None:
            await self._app(scope, replayed(messages, receive), send)
            return
        scope["route"] = self._route
        try:
            context = await self._context(scope, head)
            answered = await self._admitted(context, head, asked)
        except HubError as error:
            await refused(error)(scope, receive, send)
            return
        if answered is None:
            await self._app(scope, replayed(messages, receive), send)
            return
        status, headers, body = answered
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _context(self, scope: Scope, head: Head) -> Context:
        running: Running = scope["app"].state.running
        hub = running.hub
        return Context(hub, await caller_of(hub, self._tokens, token_in(head.authorization)))

    async def _admitted(
        self, context: Context, head: Head, asked: PlainQuery
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
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

    async def _answered(
        self, context: Context, head: Head, asked: PlainQuery
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        started = time.perf_counter()
        text = self._documents.text_of(asked.text, None, None)
        if not text:
            return None
        answer = await self._reads.answer(context, text, asked.variables, asked.operation_name)
        if answer is not None:
            result = answer.result
        else:
            changed = await change(self._schema, context, text, asked.variables, asked.operation_name)
            if changed is None:
                return None
            result = changed
        context.hub.metrics.answered_graphql(asked.operation_name, outcome_of(result), time.perf_counter() - started)
        media_type = media_type_of(head.accept)
        if result.errors or result.extensions:
            status, body = written(dict(process_result(result)), media_type)
        else:
            status, body = 200, orjson.dumps({"data": result.data})
        length = (b"content-length", str(len(body)).encode())
        headers = [*_NEVER_KEPT, length, (b"content-type", media_type.encode())]
        if self._development and answer is not None:
            headers.append((PLAN, told(answer.told).encode("latin-1", "replace")))
        return status, headers, body
