"""Who asks: keys, roles, the local certificate authority, and what ``studio env`` prints."""
