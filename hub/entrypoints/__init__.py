"""The commands and the web application: the only place that sees everything and names concrete adapters."""
