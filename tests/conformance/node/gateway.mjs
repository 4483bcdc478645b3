// A gateway of Apollo Federation 2 before the hub (its subgraph is the file named first) and a subgraph that refers to
// its customers: one query planned and carried out over both.
import { readFileSync } from "node:fs";

import { composeServices } from "@apollo/composition";
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from "@apollo/gateway";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

import { LOYALTY } from "./loyalty.mjs";
import { AUTHORIZATION, HUB_CUSTOMER, HUB_URL, tell } from "./telling.mjs";

const hub = readFileSync(process.argv[2], "utf8");
const loyalty = buildSubgraphSchema([{
  typeDefs: parse(LOYALTY),
  resolvers: {
    Query: { bestCustomer: () => ({ id: HUB_CUSTOMER }) },
    Customer: { __resolveReference: ({ id }) => ({ id }), points: () => 7 },
  },
}]);

class AsTheCaller extends RemoteGraphQLDataSource {
  willSendRequest({ request }) {
    request.http.headers.set("authorization", AUTHORIZATION);
  }
}

const { errors, supergraphSdl } = composeServices([
  { name: "contacthub", url: HUB_URL, typeDefs: parse(hub) },
  { name: "loyalty", url: "http://loyalty", typeDefs: parse(LOYALTY) },
]);
if (errors) throw new Error(errors.map((error) => error.message).join("\n"));
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };
const gateway = new ApolloGateway({
  supergraphSdl,
  logger,
  buildService: ({ name, url }) =>
    name === "loyalty" ? new LocalGraphQLDataSource(loyalty) : new AsTheCaller({ url }),
});
const { executor } = await gateway.load();
for (const [what, query] of [
  ["from there to the hub", "{ bestCustomer { points name } }"],
  ["from the hub to there", `{ customer(by: {id: "${HUB_CUSTOMER}"}) { name points } }`],
]) {
  const document = parse(query);
  const answer = await executor({ request: { query }, document, queryHash: what, metrics: {}, context: {}, logger });
  tell(what, { data: answer.data, errors: (answer.errors ?? []).map((error) => error.message) });
}
await gateway.stop();
