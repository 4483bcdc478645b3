"""What the API reads: set-based SQL in batches, answered as frozen rows; every statement carries the caller's reach."""
