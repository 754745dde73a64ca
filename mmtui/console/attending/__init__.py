"""More than one console on an engine, and more than one engine in a console."""
