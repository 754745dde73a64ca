"""Information requests: what may be asked, and the answers."""
