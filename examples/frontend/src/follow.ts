/** Every change of a customer once and in order, through any number of broken connections and restarts. */
import { setTimeout as pause } from "node:timers/promises";

import type { Client } from "@urql/core";
import { toAsyncIterable } from "wonka";

import { graphql } from "./gql/index.js";
import type { FollowSubscription } from "./gql/graphql.js";

const FOLLOW = graphql(`
  subscription Follow($id: ID!, $after: String) {
    customerUpdates(id: $id, after: $after) {
      cursor
      event
      customer {
        id
        name
      }
    }
  }
`);

export type Update = FollowSubscription["customerUpdates"];

const PAUSE_MS = 500;
/** What passes by itself: the hub is stopping or busy, or told so much that it cut this client off. */
const PASSING = new Set(["UNAVAILABLE", "RATE_LIMITED", "TOO_MANY_AT_ONCE", "SLOW_SUBSCRIBER"]);
/** The hub was restored, or this client was away for longer than changes are kept. */
const READ_AFRESH = "CURSOR_TOO_OLD";
/** The hub closed the socket before it knew the client (4408), or too much was said at once (4429). */
const PASSING_CLOSE = new Set([4408, 4429]);

/** Closed by the hub's own decision, which would come again: the token is not accepted (4403), say. */
function refusal(closed: unknown): Error | undefined {
  const { code, reason } = (closed ?? {}) as { code?: unknown; reason?: unknown };
  if (typeof code !== "number" || code < 4400 || code > 4499 || PASSING_CLOSE.has(code)) return undefined;
  return new Error(`the hub closed the connection: ${code} ${reason}`);
}

/**
 * The customer as he is now, then each change. The cursor of the last message leads on behind it, so nothing is lost or
 * told twice. An error that has a code is the hub's own word, and so is a socket closed with one: what does not pass by
 * itself ends it.
 */
export async function* follow(client: Client, id: string): AsyncGenerator<Update> {
  let after: string | undefined;
  for (;;) {
    let pauseMs = PAUSE_MS;
    for await (const { data, error } of toAsyncIterable(client.subscription(FOLLOW, { id, after }))) {
      const word = error?.graphQLErrors.find((each) => each.extensions["code"]);
      const final = refusal(error?.networkError);
      if (final) throw final;
      if (word?.extensions["code"] === READ_AFRESH && after) {
        after = undefined;
        break;
      }
      if (word && !PASSING.has(String(word.extensions["code"]))) throw word;
      pauseMs = 1000 * Number(word?.extensions["retryAfterSeconds"] ?? PAUSE_MS / 1000);
      if (error || !data) break;
      after = data.customerUpdates.cursor;
      yield data.customerUpdates;
    }
    await pause(pauseMs);
  }
}
