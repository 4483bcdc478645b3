// mercurius with JIT as its users build it: a statement per list, batched by its loaders.
import Fastify from "fastify";
import mercurius from "mercurius";

import { LISTS, WHOLE, connection, customer, customers, fields, identifiersOf, linesOf, partsOf, segmentsOf, typeDefs } from "./rows.mjs";

const ids = (queries) => queries.map(({ obj }) => obj.id);

const lists = Object.fromEntries(
  Object.entries(LISTS).map(([field, [table, paged]]) => [
    field,
    async (queries) => {
      const first = paged ? (queries[0].params.first ?? 20) : WHOLE;
      const found = await partsOf(table, ids(queries), paged ? first + 1 : first);
      return paged ? found.map((group) => connection(group, first)) : found;
    },
  ]),
);

const app = Fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers: { ...fields, Query: { customer: (_, given) => customer(given), customers: (_, given) => customers(given) } },
  loaders: {
    Customer: {
      ...lists,
      identifiers: (queries) => identifiersOf(ids(queries)),
      segments: (queries) => segmentsOf(ids(queries)),
    },
    SalesOrder: { lines: (queries) => linesOf(ids(queries)) },
  },
  jit: 1,
});
console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
