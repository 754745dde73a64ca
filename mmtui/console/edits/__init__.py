"""Changing parameters from the console: which are listed, steps of a value, what is worked out for a draft."""
