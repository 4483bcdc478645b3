"""What a connected system can do for the hub. An adapter sees this package, hub.records and hub.errors only."""
