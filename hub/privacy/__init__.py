"""What people may ask about their own data: a copy, its correction, its end."""
