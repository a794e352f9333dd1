"""The commands, one file a subject; `web.cli` loads them by name."""
