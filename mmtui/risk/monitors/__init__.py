"""One monitor a file: each measures one quantity against one limit."""
