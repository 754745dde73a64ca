"""Themes: what each role looks like, read from files, checked whole, and read again when they change."""
