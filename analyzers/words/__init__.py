"""Words about a ledger: narrators and the gate."""
