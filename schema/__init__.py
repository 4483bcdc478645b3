"""The GraphQL API: types over rows, thin resolvers, mutations, subscriptions. Sees the hub, never an adapter."""
