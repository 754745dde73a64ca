"""The screen and the keys: it sees a View and sends Commands, and never touches the engine."""
