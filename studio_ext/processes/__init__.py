"""Processes: who is alive, what belongs to whom, and how to end all of it."""
