"""What people, limits and endings order the engine to do."""
