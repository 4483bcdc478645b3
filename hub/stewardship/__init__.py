"""What people decide about customers: who is the same, which value is right, what may be kept."""
