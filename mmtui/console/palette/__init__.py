"""What `:` offers while one types: actions and their arguments, with keys, danger and refusals."""
