/** Queries over HTTP and subscriptions over graphql-transport-ws, both with the same token. */
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

export function connect(url: string, token: string): Client {
  const authorization = `Bearer ${token}`;
  const sockets = createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    // A new connection alone would begin with the current value again: `follow` goes on from its cursor instead.
    retryAttempts: 0,
  });
  return new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query: query ?? "", variables }, sink) }),
        }),
      }),
    ],
  });
}
