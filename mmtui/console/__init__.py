"""The screen and the keys: it sees a View, sends Commands, consults experts, and never touches the engine."""
