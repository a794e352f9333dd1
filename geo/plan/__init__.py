"""What to change: scenarios of edits, who gains and loses, where to build, which walls to open."""
