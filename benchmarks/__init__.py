"""Benchmarks: made networks of any size, and ratios measured in one run."""
