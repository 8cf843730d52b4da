"""Words about a ledger: narrators, language models, and the gate."""
