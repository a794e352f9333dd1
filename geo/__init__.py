"""The spatial side of LifeCircle: tables in, tables out. Knows no web, no map drawing, no settings, no clock."""

__version__ = "0.1.0"
