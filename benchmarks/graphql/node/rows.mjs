// What every peer shares: the pool, the hub's schema, the formats of its scalars, and pages of what customers have.
import { readFileSync } from "node:fs";

import { GraphQLScalarType } from "graphql";
import pg from "pg";

const { DATABASE_URL, SCHEMA, POOL = "8" } = process.env;

pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

export const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL) });
export const typeDefs = readFileSync(SCHEMA, "utf8");

/** Rows of a statement; named, so that PostgreSQL keeps its plan, as a server in production does. */
export async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

const encoded = (text) => Buffer.from(text).toString("base64");
const keyOf = (globalId) => Buffer.from(globalId, "base64").toString().split(":")[1];
const iso = (time) => time.toISOString().replace(".000Z", "Z");

const COLUMNS = {
  contact_medium: "kind, value, normalised, preferred, system",
  postal_address: 'street, house_number AS "houseNumber", postal_code AS "postalCode", locality, country, preferred, system',
  consent: 'purpose, channel, status, legal_basis AS "legalBasis", system',
  product_holding: 'product, quantity, active_from AS "activeFrom", system',
  sales_order: 'number, state, ordered_on AS "orderedOn", currency, total, system',
  business_request: 'kind, state, number, subject, opened_at AS "openedAt", due_at AS "dueAt", system',
  sales_lead: "name, state, rating, amount, currency, system",
  timeline_entry: "at, kind, channel, subject",
};
const GOLDEN = new Set(["contact_medium", "postal_address"]);

/** Each customer's rows of a table in the hub's order, at most `limit`, by one statement for all customers. */
export async function partsOf(table, customers, limit) {
  const history = table === "timeline_entry";
  const order = GOLDEN.has(table) ? "preferred DESC, id DESC" : history ? "at DESC, id DESC" : "as_of DESC, id DESC";
  const living = GOLDEN.has(table) || history ? "" : "AND NOT deleted";
  const asOf = history ? "" : 'as_of AS "asOf", ';
  const found = await rows(
    `${table}`,
    `SELECT t.* FROM unnest($1::uuid[]) AS asked(key) CROSS JOIN LATERAL (
       SELECT id, customer_id, ${asOf}${COLUMNS[table]} FROM ${table}
       WHERE customer_id = asked.key ${living} ORDER BY ${order} LIMIT $2) t`,
    [customers, limit],
  );
  return grouped(found, customers, (row) => row.customer_id);
}

export async function identifiersOf(customers) {
  const found = await rows(
    "identifiers",
    `SELECT customer_id, system, external_id AS "externalId" FROM customer_identifier
     WHERE customer_id = ANY($1::uuid[]) ORDER BY system, external_id`,
    [customers],
  );
  return grouped(found, customers, (row) => row.customer_id);
}

export async function segmentsOf(customers) {
  const found = await rows(
    "segments",
    `SELECT customer_id, segment AS name, system, since FROM customer_segment
     WHERE customer_id = ANY($1::uuid[]) ORDER BY segment, system`,
    [customers],
  );
  return grouped(found, customers, (row) => row.customer_id);
}

export async function linesOf(orders) {
  const found = await rows(
    "lines",
    `SELECT order_id, position, product, quantity, amount FROM sales_order_line
     WHERE order_id = ANY($1::uuid[]) ORDER BY position`,
    [orders],
  );
  return grouped(found, orders, (row) => row.order_id);
}

const GOLDEN_CUSTOMER = `id, kind, name, given_name AS "givenName", family_name AS "familyName", birth_date AS "birthDate", language, status,
  customer_number AS "customerNumber", version, created_at AS "createdAt", updated_at AS "updatedAt"`;

export async function customer({ by }) {
  return (await rows("customer", `SELECT ${GOLDEN_CUSTOMER} FROM customer WHERE id = $1`, [keyOf(by.id)]))[0];
}

export async function customers({ first }) {
  const found = await rows(
    "customers",
    `SELECT ${GOLDEN_CUSTOMER}, search FROM customer WHERE NOT deleted ORDER BY search, id LIMIT $1`,
    [first + 1],
  );
  return connection(found, first, (row) => ["NAME", row.search, row.id]);
}

/** A Relay connection of rows, of which the last one only tells whether there is more. */
export function connection(found, first, keyOfRow = (row) => ["NEWEST", iso(row.asOf ?? row.at), row.id]) {
  const edges = found.slice(0, first).map((node) => ({ node, cursor: encoded(JSON.stringify(keyOfRow(node))) }));
  const pageInfo = { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null };
  return { edges, pageInfo };
}

function grouped(found, keys, keyOfRow) {
  const groups = new Map(keys.map((key) => [key, []]));
  for (const row of found) groups.get(keyOfRow(row)).push(row);
  return keys.map((key) => groups.get(key));
}

const RUNNING = new Set(["ACKNOWLEDGED", "PENDING", "IN_PROGRESS", "HELD", "ASSESSING_CANCELLATION", "PENDING_CANCELLATION"]);
const idOf = (type) => ({ id: (row) => encoded(`${type}:${row.id}`) });
const source = { source: (row) => row.system };

/** Everything but the lists, whose batching differs from server to server. */
export const fields = {
  DateTime: new GraphQLScalarType({ name: "DateTime", serialize: (value) => (value instanceof Date ? iso(value) : value) }),
  Customer: idOf("Customer"),
  ContactMedium: { ...idOf("ContactMedium"), ...source },
  PostalAddress: { ...idOf("PostalAddress"), ...source },
  Segment: source,
  Consent: { ...idOf("Consent"), ...source },
  ProductHolding: { ...idOf("ProductHolding"), ...source },
  SalesOrder: { ...idOf("SalesOrder"), ...source },
  BusinessRequest: { ...idOf("BusinessRequest"), ...source, running: (row) => RUNNING.has(row.state) },
  SalesLead: { ...idOf("SalesLead"), ...source },
};

/** A customer's lists: the table, and whether it is a connection. */
export const LISTS = {
  contactMedia: ["contact_medium", false],
  addresses: ["postal_address", false],
  consents: ["consent", false],
  productHoldings: ["product_holding", false],
  orders: ["sales_order", true],
  requests: ["business_request", true],
  leads: ["sales_lead", true],
  timeline: ["timeline_entry", true],
};
export const WHOLE = 100;
