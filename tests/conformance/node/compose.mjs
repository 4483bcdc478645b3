// Apollo Federation 2: the subgraph of the hub (the file named first) and one that refers to its customers, composed.
import { readFileSync } from "node:fs";

import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

import { LOYALTY } from "./loyalty.mjs";
import { tell } from "./telling.mjs";

const services = [
  { name: "contacthub", url: "http://contacthub", typeDefs: parse(readFileSync(process.argv[2], "utf8")) },
  { name: "loyalty", url: "http://loyalty", typeDefs: parse(LOYALTY) },
];
const { errors, supergraphSdl, schema } = composeServices(services);
const fields = schema?.type("Customer")?.fields().map((field) => field.name) ?? [];
tell("composed", { errors: (errors ?? []).map((error) => error.message), fields, size: supergraphSdl?.length ?? 0 });
