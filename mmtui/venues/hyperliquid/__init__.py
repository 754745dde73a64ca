"""An asynchronous client of the Hyperliquid protocol."""
