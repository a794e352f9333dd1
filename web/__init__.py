"""The Flask side: parse, call, present."""
