"""Rehearsals: the last minutes of a recorded market traded again, as configured and with changes."""
