// What the checks share: findings as JSON lines, and the first values of an operation over any client that can iterate.
export const { HUB_URL, HUB_WS, HUB_TOKEN, HUB_DOCUMENT, HUB_CUSTOMER } = process.env;
export const AUTHORIZATION = `Bearer ${HUB_TOKEN}`;

export const tell = (what, found) => console.log(JSON.stringify({ what, ...found }));

/** At most `count` values; the client itself ends a longer operation. */
export async function first(count, client, query, variables) {
  const values = [];
  for await (const value of client.iterate({ query, variables })) {
    values.push(value);
    if (values.length === count) break;
  }
  return values;
}

/** The query, the current value of the customer, and what changed once his value was heard and left. */
export async function follow(client) {
  tell("query", { values: await first(2, client, "{ viewer { subject } }") });
  const [current] = await first(1, client, HUB_DOCUMENT, { id: HUB_CUSTOMER });
  tell("subscription", { values: [current] });
  const after = current.data.customerUpdates.cursor;
  tell("resumed", { values: await first(1, client, HUB_DOCUMENT, { id: HUB_CUSTOMER, after }) });
}

/** What a client is told that cannot subscribe. */
export const refusal = (client) =>
  new Promise((resolve) =>
    client.subscribe(
      { query: HUB_DOCUMENT, variables: { id: HUB_CUSTOMER } },
      { next: resolve, error: resolve, complete: () => resolve(null) },
    ),
  );
