"""Add, check and sync sources."""
