// Types for every document in src, and a manifest of them that HUB_TRUSTED_DOCUMENTS of the hub takes as it is.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env["HUB_SCHEMA"] ?? "../../schema/schema.graphql",
  documents: ["src/**/*.ts", "!src/gql/**"],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { persistedDocuments: true, fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { DateTime: "string", Date: "string", Decimal: "string", JSON: "unknown", _Any: "unknown" },
      },
    },
  },
  emitLegacyCommonJSImports: false,
};

export default config;
