/**
 * Prints a customer's view, then his name at every change:
 *
 *   HUB_URL=http://127.0.0.1:8080/graphql HUB_TOKEN=... npm start -- +31612345678 [how many messages]
 */
import { connect } from "./connect.js";
import { follow } from "./follow.js";
import { graphql } from "./gql/index.js";

const VIEW = graphql(`
  query View($phone: String!) {
    customer(by: { phone: $phone }) {
      id
      name
      contactMedia {
        kind
        value
        source
      }
      requests(first: 3, running: true) {
        edges {
          node {
            subject
            state
          }
        }
      }
    }
  }
`);

const { HUB_URL: url = "http://127.0.0.1:8080/graphql", HUB_TOKEN: token = "" } = process.env;
const [phone, count = "Infinity"] = process.argv.slice(2);
if (!phone) throw new Error("name a customer's phone number");

const client = connect(url, token);
const { data, error } = await client.query(VIEW, { phone });
if (error) throw error;
const customer = data?.customer;
if (!customer) throw new Error("nobody has this number");

console.log(`${customer.name}: ${customer.contactMedia.map(({ kind, value, source }) => `${kind} ${value} (${source})`).join(", ")}`);
let heard = 0;
for await (const { event, customer: now } of follow(client, customer.id)) {
  console.log(`${event} ${now?.name}`);
  heard += 1;
  if (heard === Number(count)) process.exit(0);
}
