// mercurius with JIT, tuned by hand: each document is one statement that answers its objects as JSON.
import { readFileSync } from "node:fs";

import Fastify from "fastify";
import mercurius from "mercurius";

import { pool, typeDefs } from "./rows.mjs";

const { STATEMENTS } = process.env;
const text = (name) => readFileSync(`${STATEMENTS}/${name}.sql`, "utf8");
const VIEW = text("view");
const TIMELINE = text("timeline");
const PAGE = text("page");
const keyOf = (globalId) => Buffer.from(globalId, "base64").toString().split(":")[1];

/** The object that a statement answers; node-postgres parses its JSON. */
async function answer(name, statement, values) {
  return (await pool.query({ name, text: statement, values })).rows[0]?.answer ?? null;
}

const app = Fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: {
      customer: (_, { by }, __, info) =>
        info.operation.name.value === "View" ? answer("view", VIEW, [keyOf(by.id)]) : answer("timeline", TIMELINE, [keyOf(by.id)]),
      customers: () => answer("page", PAGE, []),
    },
  },
  jit: 1,
});
console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
