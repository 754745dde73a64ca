"""What the engine makes of a recorded market: pictures for a replay, made in a process of their own."""
