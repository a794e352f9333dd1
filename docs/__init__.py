"""The manual, and what makes its tables from the code."""
