"""Backups: archives, restores, duties."""
