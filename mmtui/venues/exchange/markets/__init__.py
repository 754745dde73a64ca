"""Where the local exchange's background liquidity comes from: a synthetic order flow or a recording."""
