"""Replays: what a person could see of a run, or what the engine makes of a recorded market, played again."""
