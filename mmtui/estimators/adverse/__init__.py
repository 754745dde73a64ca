"""What own fills cost after they happened."""
