"""The outbox: claim, pace, send, reconcile, settle."""
