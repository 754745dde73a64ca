"""What a ladder shows before anything is drawn: rungs with our orders on them, the price axis, the rows that fit."""
