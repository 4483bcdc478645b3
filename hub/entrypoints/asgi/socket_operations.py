"""Operations over a WebSocket name stored documents as those over HTTP do, and are counted like them."""

from __future__ import annotations

import time
from typing import Final, Protocol, cast

from graphql import GraphQLError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    ErrorMessage,
    Message,
    SubscribeMessage,
)

from hub.access.admission import AGAIN_S, Caller
from hub.entrypoints.asgi.documents import Documents
from hub.entrypoints.asgi.socket_messages import mistake_in
from hub.errors import HubError, TooManyAtOnce, Transient
from schema.context import Context
from schema.errors import told
from schema.schema import HubSchema

TRY_AGAIN_LATER: Final = 1013
"""Unlike 4403 no word about the caller: the keys of his identity provider cannot be had, say."""

MESSAGES_PER_S: Final = 100
MESSAGES_AT_ONCE: Final = 400
"""After a rest; a page that opens everything it shows at once stays far below."""


class _WithDocuments(Protocol):
    documents: Documents


class SocketOperations(BaseGraphQLTransportWSHandler[Context, None]):
    """The protocol demands a `query`: it is empty where `documentId` or the hash in `extensions` names the document."""

    _due_s = 0.0

    async def handle_message(self, message: Message) -> None:
        """Messages of any kind have a rate: each is read before anybody can say that it asks too much."""
        now = time.monotonic()
        self._due_s = max(self._due_s, now) + 1 / MESSAGES_PER_S
        if self._due_s - now > MESSAGES_AT_ONCE / MESSAGES_PER_S:
            await self.websocket.close(code=4429, reason="Too many messages")
            return
        mistake = mistake_in(message)
        if mistake is not None:
            await self.handle_invalid_message(mistake)
            return
        await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """A payload of null is none; who cannot be told from anybody else just now is to come again."""
        if message.get("payload") is None:
            message.pop("payload", None)
        try:
            await super().handle_connection_init(message)
        except Transient:
            await self.websocket.close(code=TRY_AGAIN_LATER, reason="Try again later")

    async def handle_task_exception(self, error: Exception) -> None:
        """Who leaves while something is on its way to him is no fault."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Starts the operation with the text that it means; answers `error` where there is none, or he asks too much.

        An operation that is not begun costs what any request costs, so a flood of them is cut off as well.
        """
        if not self.connection_acknowledged:
            await super().handle_subscribe(message)
            return
        payload = message["payload"]
        try:
            text = cast("_WithDocuments", self.view).documents.text_of(
                payload["query"], payload.get("documentId"), payload.get("extensions")
            )
            if not text:
                await self._refuse(message["id"], GraphQLError("No GraphQL query found in the request"))
                return
            # Before he is counted: a thousand who come back at once with one document would all be under way with it.
            follows = await self._follows(text, payload.get("operationName"))
            caller = self.context.hub.admission.enter(self.context.principal)
        except HubError as error:
            await self._refuse(message["id"], error)
            return
        most = self.max_subscriptions_per_connection
        if most is not None and len(self.operations) >= most and message["id"] not in self.operations:
            self.context.hub.admission.leave(caller)
            await self._refuse(
                message["id"], TooManyAtOnce(f"at most {most} operations at once over one connection", AGAIN_S)
            )
            return
        payload["query"] = text
        await super().handle_subscribe(message)
        self._leave_at_the_end(message["id"], caller, follows=follows)

    def _leave_at_the_end(self, name: str, caller: Caller, *, follows: bool) -> None:
        """A subscription has a limit of its own and no end in sight, so it does not count as under way."""
        operation = self.operations.get(name)
        if operation is None or operation.task is None or follows:
            self.context.hub.admission.leave(caller)
            return
        operation.task.add_done_callback(lambda _: self.context.hub.admission.leave(caller))

    async def _follows(self, text: str, name: str | None) -> bool:
        """Whether the operation is a subscription; RateLimited where its text is not even read."""
        documents = cast("HubSchema", self.schema).documents
        if documents.find(text) is None:
            self.context.hub.admission.judge(self.context.principal)
        return (await documents.read(text, self.context)).follows(name)

    async def _refuse(self, name: str, error: HubError | GraphQLError) -> None:
        known = error if isinstance(error, GraphQLError) else GraphQLError(error.message, original_error=error)
        shown = told(known).formatted
        await self.send_message(ErrorMessage(id=name, type="error", payload=[shown]))
