"""The web application: GraphQL over HTTP, WebSocket and SSE, health, metrics, the explorer page."""
