"""The local exchange: a pure matching core, markets, and a server that speaks the wire protocol."""
