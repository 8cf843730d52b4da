"""The world outside, as records: one file per source."""
