"""The programs the hub starts for itself."""
