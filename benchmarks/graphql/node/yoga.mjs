// graphql-yoga with JIT: a statement per list, batched by dataloaders of the request.
import { createServer } from "node:http";

import { useGraphQlJit } from "@envelop/graphql-jit";
import { makeExecutableSchema } from "@graphql-tools/schema";
import DataLoader from "dataloader";
import { createYoga } from "graphql-yoga";

import { LISTS, WHOLE, connection, customer, customers, fields, identifiersOf, linesOf, partsOf, segmentsOf, typeDefs } from "./rows.mjs";

/** One loader per list and length, for the time of a request. */
class Loaders {
  #loaders = new Map();

  part(table, limit) {
    return this.#of(`${table} ${limit}`, (keys) => partsOf(table, keys, limit));
  }

  lines() {
    return this.#of("lines", linesOf);
  }

  identifiers() {
    return this.#of("identifiers", identifiersOf);
  }

  segments() {
    return this.#of("segments", segmentsOf);
  }

  #of(name, batch) {
    if (!this.#loaders.has(name)) this.#loaders.set(name, new DataLoader((keys) => batch([...keys])));
    return this.#loaders.get(name);
  }
}

const lists = Object.fromEntries(
  Object.entries(LISTS).map(([field, [table, paged]]) => [
    field,
    paged
      ? async ({ id }, { first = 20 }, { loaders }) => connection(await loaders.part(table, first + 1).load(id), first)
      : ({ id }, _, { loaders }) => loaders.part(table, WHOLE).load(id),
  ]),
);

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    ...fields,
    Query: { customer: (_, given) => customer(given), customers: (_, given) => customers(given) },
    Customer: {
      ...fields.Customer,
      ...lists,
      identifiers: ({ id }, _, { loaders }) => loaders.identifiers().load(id),
      segments: ({ id }, _, { loaders }) => loaders.segments().load(id),
    },
    SalesOrder: { ...fields.SalesOrder, lines: ({ id }, _, { loaders }) => loaders.lines().load(id) },
  },
});
const yoga = createYoga({ schema, logging: false, plugins: [useGraphQlJit()], context: () => ({ loaders: new Loaders() }) });
const server = createServer(yoga);
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
