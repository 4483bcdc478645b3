// graphql-transport-ws: the client graphql-ws, and sockets that do not keep to the protocol.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { AUTHORIZATION, HUB_CUSTOMER, HUB_DOCUMENT, HUB_WS, follow, refusal, tell } from "./telling.mjs";

const client = (authorization) =>
  createClient({ url: HUB_WS, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization } });

const known = client(AUTHORIZATION);
await follow(known);
await known.dispose();
tell("unknown token", { code: (await refusal(client("Bearer nobody")))?.code });

/** The code that a socket is closed with behind these messages, or why the client itself gave up. */
const closedAfter = (protocol, ...messages) =>
  new Promise((resolve) => {
    const socket = new WebSocket(HUB_WS, protocol);
    socket.on("open", () => messages.forEach((message) => socket.send(message)));
    socket.on("close", resolve);
    socket.on("error", (error) => resolve(error.message));
  });

const PROTOCOL = "graphql-transport-ws";
const init = JSON.stringify({ type: "connection_init", payload: { authorization: AUTHORIZATION } });
const payload = { query: HUB_DOCUMENT, variables: { id: HUB_CUSTOMER } };
const subscribe = JSON.stringify({ id: "1", type: "subscribe", payload });
tell("subscribe before init", { code: await closedAfter(PROTOCOL, subscribe) });
tell("init twice", { code: await closedAfter(PROTOCOL, init, init) });
tell("no JSON", { code: await closedAfter(PROTOCOL, "{") });
tell("same id twice", { code: await closedAfter(PROTOCOL, init, subscribe, subscribe) });
tell("legacy protocol", { code: await closedAfter("graphql-ws", init) });
