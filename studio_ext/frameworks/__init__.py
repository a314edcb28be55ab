"""Frameworks: a script of the user's, run in an environment that has the framework."""
