// A certified OpenID Connect provider that gives JWT access tokens for the hub; its keys come by HUB_KEYS. Prints its address.
import { createServer } from "node:http";

import Provider from "oidc-provider";

import { tell } from "./telling.mjs";

const { HUB_KEYS, HUB_PORT = "0" } = process.env;
const server = createServer((request, response) => answer(request, response));
let answer;

server.listen(Number(HUB_PORT), "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: JSON.parse(HUB_KEYS),
    clients: [
      {
        client_id: "desk",
        client_secret: "secret",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context, resource) => ({
          scope: "customers:read",
          audience: new URL(resource).hostname,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    extraTokenClaims: () => ({ roles: ["agent"], sub: "desk" }),
  });
  answer = provider.callback();
  tell("provider", { issuer });
});
