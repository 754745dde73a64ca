"""Seeded simulations of the whole program under faults, judged from outside the engine.

Owns worlds on a virtual clock: the real engine, shell and journal protocol against the exchange's own
rules. Never reads a real clock or a network; every draw comes from the seed.
"""
