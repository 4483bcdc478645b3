"""What a process is told from outside: the environment (Settings) and hub.yaml (Configuration)."""
