"""The walking network: its arrays, how places join it, how far things are, what is reached."""
