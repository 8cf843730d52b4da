"""The process: settings, wiring, CLI, platforms."""
