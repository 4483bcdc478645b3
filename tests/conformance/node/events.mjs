// GraphQL over SSE in distinct connections mode: the client graphql-sse.
import { createClient } from "graphql-sse";

import { AUTHORIZATION, HUB_URL, follow, refusal, tell } from "./telling.mjs";

const client = (authorization) =>
  createClient({ url: HUB_URL, singleConnection: false, retryAttempts: 0, headers: { authorization } });

await follow(client(AUTHORIZATION));
tell("unknown token", { status: (await refusal(client("Bearer nobody")))?.response?.status });
