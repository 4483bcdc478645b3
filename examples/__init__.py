"""Programs that show the hub at work; none of them is part of the distribution."""
