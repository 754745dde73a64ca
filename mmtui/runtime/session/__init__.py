"""Parts of a live session that stand on their own: its tasks, its announcement, the files it opens."""
