"""Calls as one user: login, renewal of an expired session, and the context that every call carries."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from adapters.tryton.connection import Connection, Reply
from adapters.tryton.entities import EntityModel, model_of
from adapters.tryton.faults import LOCK_OUT_S, error_of, refusal_of
from adapters.tryton.options import TrytonOptions
from adapters.tryton.wire import Fault, WireValue, decoded_answer, encoded_call, rows_of
from hub.errors import Rejected, Transient, Unauthorised
from hub.ports.limits import CallLimits, RateLimit
from hub.records.identity import Entity
from hub.records.source import JsonObject, JsonValue

_PREFERENCES = "model.res.user.get_preferences"
# Inactive records must not vanish from pages and sweeps; they carry `active` instead.
_EVERYTHING: Mapping[str, WireValue] = {"active_test": False}


@dataclass(frozen=True, slots=True)
class _Login:
    """An open session; `context` holds the user's preferences (language, company) that Tryton wants in each call."""

    authorization: str
    context: Mapping[str, WireValue]


class Session:
    """Logs in on first use. Safe for several tasks: whoever finds the session expired renews it for all."""

    def __init__(self, options: TrytonOptions, limits: CallLimits) -> None:
        self._options = options
        self._connection = Connection(options, limits)
        self._login: _Login | None = None
        self._renewing = asyncio.Lock()
        self._refused_until = 0.0

    async def call(
        self, method: str, *parameters: WireValue, context: Mapping[str, WireValue] | None = None
    ) -> JsonValue:
        """The result of `method`; `context` is added to the user's own.

        Raises AnswerLost when the call may have had an effect, any other HubError when it had none.
        """
        return _result(await self._ask(method, parameters, context or {}), method)

    def model_of(self, entity: Entity) -> EntityModel:
        """How this Tryton holds the entity, by its options; Invalid where it does not."""
        return model_of(entity, relations=self._options.relations)

    async def log_in(self) -> None:
        """Open the session now instead of with the first call."""
        await self._logged_in(expired=None)

    async def search(
        self,
        model: str,
        domain: Sequence[WireValue],
        fields: Sequence[str],
        order: Sequence[str] = ("id",),
        limit: int | None = None,
    ) -> list[JsonObject]:
        """Records of `model` in ascending `order`, children nested; one transaction, so one state of the database."""
        ordering = [[name, "ASC"] for name in order]
        return rows_of(await self.call(f"model.{model}.search_read", domain, 0, limit, ordering, fields))

    async def server_date(self) -> datetime:
        """The `Date` header of an answer: the application server's clock, cut to whole seconds."""
        reply = await self._ask(_PREFERENCES, (True,), {})
        _result(reply, _PREFERENCES)
        if reply.date is None:
            raise Rejected("the answer carries no Date header")
        return reply.date

    def told(self) -> RateLimit | None:
        """See `connection`."""
        return self._connection.told()

    async def aclose(self) -> None:
        """End the session at the server, as far as it can be reached, and close the connections."""
        login, self._login = self._login, None
        if login is not None:
            with suppress(Transient):  # an abandoned session ends by itself
                await self._connection.post(encoded_call("common.db.logout", []), login.authorization)
        await self._connection.aclose()

    async def _ask(self, method: str, parameters: Sequence[WireValue], context: Mapping[str, WireValue]) -> Reply:
        login = await self._logged_in(expired=None)
        reply = await self._send(login, method, parameters, context)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            login = await self._logged_in(expired=login)
            reply = await self._send(login, method, parameters, context)
        return reply

    async def _send(
        self, login: _Login, method: str, parameters: Sequence[WireValue], context: Mapping[str, WireValue]
    ) -> Reply:
        body = encoded_call(method, [*parameters, {**login.context, **_EVERYTHING, **context}])
        return await self._connection.post(body, login.authorization)

    async def _logged_in(self, expired: _Login | None) -> _Login:
        async with self._renewing:
            if self._login is None or self._login is expired:
                self._login = await self._new_login()
            return self._login

    async def _new_login(self) -> _Login:
        # Each failed attempt counts towards a lock-out that also hits the right password, so a refused login is not
        # tried again before the count has run out.
        if time.monotonic() < self._refused_until:
            raise Unauthorised("Tryton refused this user or password; the hub waits before it tries again")
        options = self._options
        password = options.password.get_secret_value()
        reply = await self._connection.post(
            encoded_call("common.db.login", [options.user, {"password": password}, None]), None
        )
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self._refused_until = time.monotonic() + LOCK_OUT_S
            raise Unauthorised("Tryton refused this user or password")
        user, token = _session_of(_result(reply, "common.db.login"))
        secret = base64.b64encode(f"{options.user}:{user}:{token}".encode()).decode("ascii")
        return await self._with_context(f"Session {secret}")

    async def _with_context(self, authorization: str) -> _Login:
        reply = await self._connection.post(encoded_call(_PREFERENCES, [True, {}]), authorization)
        preferences = _result(reply, _PREFERENCES)
        if not isinstance(preferences, Mapping):
            raise Rejected("Tryton gave no preferences for this user")
        return _Login(authorization, preferences)


def _session_of(result: JsonValue) -> tuple[JsonValue, JsonValue]:
    if not isinstance(result, list) or len(result) < 2:
        raise Rejected("Tryton gave no session for this login")
    return result[0], result[1]


def _result(reply: Reply, method: str) -> JsonValue:
    refusal = refusal_of(reply, method)
    if refusal is not None:
        raise refusal
    answer = decoded_answer(reply.content)
    if isinstance(answer, Fault):
        raise error_of(answer, method)
    return answer
