"""One file a pane: pure rows from a View."""
