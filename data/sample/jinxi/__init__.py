"""Jinxi 锦溪: a made-up Chinese inner city, drawn by rule and by dice with a fixed seed."""
