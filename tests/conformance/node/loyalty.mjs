// A subgraph of somebody else's that adds points to the hub's customers.
export const LOYALTY = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])
type Query { bestCustomer: Customer }
type Customer @key(fields: "id") { id: ID! points: Int! }
type PageInfo @shareable { hasNextPage: Boolean! }
`;
