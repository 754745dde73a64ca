"""The terminal itself: bytes, modes, signals, and the driver that keeps it from stopping the loop."""
