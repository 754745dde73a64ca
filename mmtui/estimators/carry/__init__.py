"""What holding a position costs or earns: funding."""
