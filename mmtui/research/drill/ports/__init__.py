"""The ports of a world: network, venue, disk, clock, signer, other people, and what the exchange knows.

Owns the hooks through which faults strike; the engine's own code has none.
"""
