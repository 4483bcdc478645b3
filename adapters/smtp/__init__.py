"""Mail servers (RFC 5321)."""
