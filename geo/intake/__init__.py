"""Files in, a study out: reading, recognising, checking, reporting."""
