"""Rows: databases, stores, sealing, claims, migrations."""
