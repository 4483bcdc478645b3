// The Relay rules of @graphql-eslint over the SDL in the file named first.
import { readFileSync } from "node:fs";

import graphql from "@graphql-eslint/eslint-plugin";
import { Linter } from "eslint";

import { tell } from "./telling.mjs";

const sdl = readFileSync(process.argv[2], "utf8");
// Lists that a person can hold in his head come whole; whatever can grow is a connection. An entry of a timeline or work
// list tells of an object and is none itself, so it need not be refetched by an id.
const options = { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false };
const edges = { "@graphql-eslint/relay-edge-types": ["error", options] };
const relay = { ...graphql.configs["flat/schema-relay"].rules, ...edges };
const found = new Linter().verify(
  sdl,
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: sdl } } },
    rules: relay,
  },
  "schema.graphql",
);
tell("relay rules", { rules: Object.keys(relay), found: found.map(({ ruleId, line, message }) => ({ ruleId, line, message })) });
