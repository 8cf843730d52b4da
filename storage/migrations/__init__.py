"""Migrations, oldest first; run by storage/schema.py."""
