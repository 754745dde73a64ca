"""Planted bugs: defects that the judge of the simulation must find, each with the world and seed that show it."""
