"""The API against real clients, from its own model."""
