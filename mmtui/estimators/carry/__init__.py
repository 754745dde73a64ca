"""What time does to a position: funding, the short-term drift, and how long it is held."""
