// mercurius with its subscriptions: one listener on PostgreSQL publishes, each subscriber's message reads the customer anew.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

import { rows } from "./rows.mjs";

const CHANGE = "CustomerAttributeValueChangeEvent";
const keyOf = (globalId) => Buffer.from(globalId, "base64").toString().split(":")[1];
const globalId = (key) => Buffer.from(`Customer:${key}`).toString("base64");

const typeDefs = `
  type Query { ready: Boolean! }
  type Customer { id: ID! name: String }
  type CustomerUpdate { cursor: String! event: String! customer: Customer! }
  type Subscription { customerUpdates(id: ID!): CustomerUpdate! }
`;

async function customer(key) {
  const [row] = await rows("one", "SELECT id, name FROM customer WHERE id = $1 AND NOT deleted", [key]);
  return { id: globalId(row.id), name: row.name };
}

async function* currentFirst(key, changes) {
  yield { customerUpdates: { key, cursor: "0", event: "CURRENT" } };
  for await (const change of changes) yield change;
}

const app = Fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: { ready: () => true },
    CustomerUpdate: { customer: ({ key }) => customer(key) },
    Subscription: {
      customerUpdates: {
        subscribe: async (_, { id }, { pubsub }) => currentFirst(keyOf(id), await pubsub.subscribe(keyOf(id))),
      },
    },
  },
  subscription: true,
  jit: 1,
});
await app.ready();

let position = 0;
const listener = new pg.Client({ connectionString: process.env.DATABASE_URL });
await listener.connect();
listener.on("notification", ({ payload: key }) => {
  position += 1;
  const update = { key, cursor: String(position), event: CHANGE };
  app.graphql.pubsub.publish({ topic: key, payload: { customerUpdates: update } });
});
await listener.query("LISTEN bench_customer");
console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
