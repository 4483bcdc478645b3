"""Operations over a WebSocket name stored documents as those over HTTP do."""

from __future__ import annotations

from typing import Protocol, cast

from graphql import GraphQLFormattedError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ErrorMessage, SubscribeMessage

from hub.entrypoints.asgi.documents import Documents
from hub.errors import HubError
from schema.context import Context


class _WithDocuments(Protocol):
    documents: Documents


class SocketOperations(BaseGraphQLTransportWSHandler[Context, None]):
    """The protocol demands a `query`: it is empty where `documentId` or the hash in `extensions` names the document."""

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Starts the operation with the text that it means, or answers `error` where there is none for it."""
        payload = message["payload"]
        try:
            text = cast("_WithDocuments", self.view).documents.text_of(
                payload["query"], payload.get("documentId"), payload.get("extensions")
            )
        except HubError as error:
            told: GraphQLFormattedError = {"message": error.message, "extensions": {"code": error.code}}
            await self.send_message(ErrorMessage(id=message["id"], type="error", payload=[told]))
            return
        payload["query"] = text or ""
        await super().handle_subscribe(message)
