// GraphQL over HTTP: the audits of graphql-http, one finding each.
import { serverAudits } from "graphql-http";

import { AUTHORIZATION, HUB_URL, tell } from "./telling.mjs";

/** The audits know nothing of tokens. */
const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: AUTHORIZATION } });

for (const audit of serverAudits({ url: HUB_URL, fetchFn })) {
  const { status, reason } = await audit.fn();
  tell(audit.name, { status, reason });
}
