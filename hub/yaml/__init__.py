"""YAML files a person writes: read with the line of everything, so that each mistake is told where it stands."""
