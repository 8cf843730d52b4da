"""Run, compose, verify and export reports."""
