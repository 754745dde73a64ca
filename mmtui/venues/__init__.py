"""Where orders go: the venue port, the Hyperliquid client and the local exchange."""
