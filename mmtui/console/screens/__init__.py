"""One file a screen: a pure plan of which pane stands where in a terminal of a given size."""
