"""From walking distances to verdicts: coverage, roll-up, gaps."""
