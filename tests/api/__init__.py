"""The API as a whole: every operation, every actor, every value."""
