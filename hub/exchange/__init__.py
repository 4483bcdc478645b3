"""What business rooms write to when something must leave, and the flows and lanes it leaves or enters by."""
