"""Report cards and the report of a whole study, as pages and as PDF."""
