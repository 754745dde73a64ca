"""From the ladder that is wanted to cancels and places."""
