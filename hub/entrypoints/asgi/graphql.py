"""GraphQL over HTTP, SSE (distinct connections) and graphql-transport-ws, on one path."""

from __future__ import annotations

import time
from typing import Final, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from hub.access.principal import Principal
from hub.access.tokens import TokenVerifier
from hub.entrypoints.asgi.answers import problem, refused
from hub.entrypoints.asgi.bearer import token_of, token_of_init
from hub.entrypoints.asgi.explorer import explorer_page, wants_page
from hub.entrypoints.asgi.running import Running
from hub.errors import HubError
from schema.context import Context
from schema.errors import BAD_REQUEST
from schema.schema import HubSchema

SUBSCRIPTIONS_PER_SOCKET: Final = 50


class GraphQLEndpoint(GraphQL[Context, None]):
    """strawberry's view with the hub's tokens, errors and explorer."""

    def __init__(self, schema: HubSchema, tokens: TokenVerifier, origins: tuple[str, ...], *, explorer: bool) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            max_subscriptions_per_connection=SUBSCRIPTIONS_PER_SOCKET,
            allowed_origins=origins,
        )
        self._tokens = tokens
        self._explorer = explorer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Both protocols of the path."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self._explorer and wants_page(request):
            return explorer_page()
        try:
            return await self.run(request)
        except HTTPException as error:
            return problem(error.status_code, BAD_REQUEST, error.reason)
        except HubError as error:
            return refused(error)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A WebSocket may say who it is in connection_init instead of a header."""
        running: Running = request.app.state.running
        hub = running.hub
        if isinstance(request, WebSocket):
            return Context(hub, await self._greeted(request))
        return Context(hub, await self._tokens.verify(token_of(request.headers)))

    async def _greeted(self, socket: WebSocket) -> Principal | None:
        """Who a WebSocket says it is by header; what the header does not prove connection_init still may."""
        try:
            return await self._tokens.verify(token_of(socket.headers))
        except HubError:
            return None

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Refuse (4403) who is still unknown after connection_init."""
        if not context.identified:
            try:
                context.identify(await self._tokens.verify(token_of_init(context.connection_params)))
            except HubError:
                raise ConnectionRejectionError from None
        return cast("UnsetType", UNSET)

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """One query or mutation, timed."""
        started = time.perf_counter()
        result = await super().execute_single(request, request_adapter, sub_response, context, root_value, request_data)
        first = result.errors[0] if result.errors else None
        outcome = "OK" if first is None else str((first.extensions or {}).get("code", BAD_REQUEST))
        seconds = time.perf_counter() - started
        context.hub.metrics.answered_graphql(request_data.operation_name, outcome, seconds)
        return result

    def encode_json(self, data: object) -> str:
        """Text, because a WebSocket would send bytes as a binary frame."""
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        """Stricter than the standard library: no NaN, no lone surrogates."""
        decoded: object = orjson.loads(data)
        return decoded
