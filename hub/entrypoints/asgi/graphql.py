"""GraphQL over HTTP, SSE (distinct connections) and graphql-transport-ws, on one path."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.http.streaming import HTTPStreamTransport, SSETransport
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult, SubscriptionExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from hub.access.principal import Principal
from hub.access.tokens import TokenVerifier
from hub.entrypoints.asgi.answers import problem, refused
from hub.entrypoints.asgi.bearer import bearing, caller_of
from hub.entrypoints.asgi.documents import Documents
from hub.entrypoints.asgi.explorer import explorer_page, wants_page
from hub.entrypoints.asgi.negotiation import EVENTS, media_type_of, written
from hub.entrypoints.asgi.origin import origin_in
from hub.entrypoints.asgi.outcome import outcome_of, told
from hub.entrypoints.asgi.plain_queries import PLAN
from hub.entrypoints.asgi.revalidation import with_validator
from hub.entrypoints.asgi.running import Running
from hub.entrypoints.asgi.socket_messages import SocketAdapter
from hub.entrypoints.asgi.socket_operations import SocketOperations
from hub.errors import HubError, Transient
from hub.store.origin import comes_from, origin_now
from schema.compiled.answer import CompiledReads
from schema.context import Context, Hub
from schema.errors import BAD_REQUEST
from schema.schema import HubSchema

SUBSCRIPTIONS_PER_SOCKET: Final = 50

CARRIED_OUT_LATER: Final = "carried_out_later"
"""In the state of a request whose operation begins when its answer is sent."""

INIT_WITHIN: Final = timedelta(seconds=10)
"""A socket that has not said who it is by then is closed (4408)."""


class GraphQLEndpoint(GraphQL[Context, None]):
    """strawberry's view with the hub's tokens, errors and explorer."""

    graphql_transport_ws_handler_class = SocketOperations
    websocket_adapter_class = SocketAdapter

    def __init__(
        self,
        schema: HubSchema,
        tokens: TokenVerifier,
        documents: Documents,
        origins: tuple[str, ...],
        *,
        development: bool,
        compiled: CompiledReads | None,
        events_comment_every_s: float,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            max_subscriptions_per_connection=SUBSCRIPTIONS_PER_SOCKET,
            connection_init_wait_timeout=INIT_WITHIN,
            allowed_origins=origins,
        )
        self.documents = documents
        self._documents = schema.documents
        self._tokens = tokens
        self._development = development
        self._compiled = compiled
        self._events = SSETransport(events_comment_every_s)

    def _get_stream_transport(self, protocol: str) -> HTTPStreamTransport | None:
        return self._events if protocol == SSETransport.protocol else super()._get_stream_transport(protocol)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Both protocols of the path."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        with ExitStack() as under_way:
            response = await self._answer(Request(scope, receive), under_way)
            await response(scope, receive, send)

    async def _answer(self, request: Request, under_way: ExitStack) -> Response:
        """What still counts as under way for its caller while the answer is sent is left in `under_way`."""
        if self._development and wants_page(request):
            return explorer_page()
        try:
            context = await self.get_context(request, Response())
            admission = context.hub.admission
            under_way.callback(admission.leave, admission.enter(context.principal))
            response = with_validator(request, await self.run(request, context=context))
            if not getattr(request.state, CARRIED_OUT_LATER, False):
                under_way.close()
            return response
        except HTTPException as error:
            allowed = {"Allow": "GET, POST"} if error.status_code == 405 else {}
            return problem(error.status_code, BAD_REQUEST, error.reason, allowed)
        except HubError as error:
            return refused(error)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A WebSocket may say who it is in connection_init instead of a header."""
        running: Running = request.app.state.running
        hub = running.hub
        if isinstance(request, WebSocket):
            context = Context(hub, await self._greeted(hub, request), origin=origin_now())
            context.greeting = request.headers.get("authorization")
            return context
        return Context(
            hub, await caller_of(hub, self._tokens, request.headers.get("authorization")), origin=origin_now()
        )

    async def _greeted(self, hub: Hub, socket: WebSocket) -> Principal | None:
        """Who a WebSocket says it is by header; what the header does not prove connection_init still may."""
        authorization = socket.headers.get("authorization")
        if authorization is None:
            return None
        try:
            return await caller_of(hub, self._tokens, authorization)
        except HubError:
            return None

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Refuse (4403) who is still unknown after connection_init, or says there what no purpose or session can be.

        Transient where nobody can be known at present.
        """
        try:
            context.origin = origin_in(context.connection_params, context.origin)
        except HubError:
            raise ConnectionRejectionError from None
        comes_from(context.origin)
        if not context.identified:
            try:
                said = bearing(context.connection_params) or context.greeting
                context.identify(await caller_of(context.hub, self._tokens, said))
            except Transient:
                raise
            except HubError:
                raise ConnectionRejectionError from None
        return cast("UnsetType", UNSET)

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData | list[GraphQLRequestData],
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult | list[ExecutionResult] | SubscriptionExecutionResult:
        """Notes what is carried out only while its events are sent; a subscription has a limit of its own."""
        if isinstance(request_data, GraphQLRequestData) and request_data.protocol == SSETransport.protocol:
            documents = cast("HubSchema", self.schema).documents
            document = await documents.read(request_data.query, context) if request_data.query else None
            follows = document is not None and document.follows(request_data.operation_name)
            setattr(request.state, CARRIED_OUT_LATER, not follows)
        return await super().execute_operation(
            request, request_adapter, request_data, context, root_value, sub_response
        )

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
        result = await self._read(sub_response, context, request_data)
        if result is None:
            if await self._follows(context, request_data):
                raise HTTPException(400, "a subscription is followed over a WebSocket, or as text/event-stream")
            result = await super().execute_single(
                request, request_adapter, sub_response, context, root_value, request_data
            )
        metrics = context.hub.metrics
        metrics.answered_graphql(request_data.operation_name, outcome_of(result), time.perf_counter() - started)
        return result

    async def _follows(self, context: Context, request_data: GraphQLRequestData) -> bool:
        """Whether it is a subscription; a document that cannot be read is told of where it is carried out."""
        if not request_data.query:
            return False
        try:
            document = await self._documents.read(request_data.query, context)
        except HubError:
            return False
        operation = document.operation(request_data.operation_name)
        return operation is not None and operation.operation is OperationType.SUBSCRIPTION

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Carries the negotiated media type to the answer."""
        response = await super().get_sub_response(request)
        response.media_type = media_type_of(request.headers.get("accept"))
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """The answer in the type that the caller takes, with the status which that type asks for."""
        answer = cast("dict[str, object]", response_data)  # batches are refused before
        status, body = written(answer, sub_response.media_type)
        if status == 200 and sub_response.status_code:
            status = sub_response.status_code
        headers = {name: value for name, value in sub_response.headers.items() if name != "content-length"}
        return Response(body, status, headers, media_type=sub_response.media_type)

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Never: browsers get the explorer before, and a GET without `query` may name a stored document."""
        return False

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        """The request with the text of the document that it means."""
        parsed = await super().parse_http_body(request)
        if isinstance(parsed, list):
            return parsed
        name: object = parsed.operation_name
        if not isinstance(name, str | None):
            raise HTTPException(400, "operationName is a text")
        named = None if parsed.query else await self._document_id(request)
        text = self.documents.text_of(parsed.query, named, parsed.extensions)
        streamed = media_type_of(request.headers.get("accept")) == EVENTS
        return replace(parsed, query=text, protocol=parsed.protocol if streamed else "http")

    async def _document_id(self, request: AsyncHTTPRequestAdapter) -> object:
        if request.method == "GET":
            return request.query_params.get("documentId")
        body = self.parse_json(await request.get_body())
        return body.get("documentId") if isinstance(body, dict) else None

    async def _read(
        self, response: Response, context: Context, request_data: GraphQLRequestData
    ) -> ExecutionResult | None:
        """What statements answer of a query; None for everything else. Why so is told in development."""
        if self._compiled is None or not request_data.query:
            return None
        answer = await self._compiled.answer(
            context, request_data.query, request_data.variables, request_data.operation_name
        )
        if self._development and answer.told:
            response.headers[PLAN.decode()] = told(answer.told)
        return answer.result

    def encode_json(self, data: object) -> str:
        """Text, because a WebSocket would send bytes as a binary frame."""
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        """Stricter than the standard library: no NaN, no lone surrogates."""
        decoded: object = orjson.loads(data)
        return decoded
