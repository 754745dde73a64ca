"""mmtui: a market-making engine for Hyperliquid perpetuals and the terminal console that drives it."""

__version__ = "0.1.0"
