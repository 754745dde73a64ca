"""What people have worked out or written beside the engine: one file a kind of consultation."""
