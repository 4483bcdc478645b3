// Breaking changes that are on the list of accepted ones no longer fail the build.
const { readFileSync } = require("node:fs");

const accepted = new Set(JSON.parse(readFileSync(process.env.HUB_ACCEPTED, "utf8")).map(({ path }) => path));

module.exports = ({ changes }) =>
  changes.map((change) =>
    accepted.has(change.path) ? { ...change, criticality: { ...change.criticality, level: "DANGEROUS" } } : change,
  );
