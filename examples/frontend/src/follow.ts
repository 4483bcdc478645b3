/** Every change of a customer once and in order, through any number of broken connections. */
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

/**
 * The customer as he is now, then each change. The cursor of the last message leads on behind it, so nothing is lost or
 * told twice; an error that has a code is the hub's own word and ends it.
 */
export async function* follow(client: Client, id: string): AsyncGenerator<Update> {
  let after: string | undefined;
  for (;;) {
    for await (const { data, error } of toAsyncIterable(client.subscription(FOLLOW, { id, after }))) {
      const refused = error?.graphQLErrors.find((each) => each.extensions["code"]);
      if (refused) throw refused;
      if (error || !data) break;
      after = data.customerUpdates.cursor;
      yield data.customerUpdates;
    }
    await pause(PAUSE_MS);
  }
}
