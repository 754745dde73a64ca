"""Hindsight: drills, studies and fits over recordings, rehearsals and replays."""
