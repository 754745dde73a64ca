"""A console's side of engines in other processes: links over their sockets, and engines started in the background."""
