"""Liquidation cascades: what looks like a liquidation and how such orders excite each other."""
