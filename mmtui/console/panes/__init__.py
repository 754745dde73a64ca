"""One file a pane: each gives ``rows(scene, width, height)``, exact lines of (text, role), and is pure."""
