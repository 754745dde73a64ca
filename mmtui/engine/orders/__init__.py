"""Own orders: their ledger, what is answered and reported about them, and what is still open."""
