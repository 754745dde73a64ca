"""What is remembered: journal rows, their SQLite store, and recordings of venue messages."""
