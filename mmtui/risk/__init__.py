"""May we? The checks before the wire, the monitors, and the kill switch."""
