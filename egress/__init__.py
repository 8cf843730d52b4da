"""The one way out: every fetch has a deadline, bounds and an address that was looked at."""
