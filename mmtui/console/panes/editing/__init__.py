"""What stands beside the list of parameters: the chosen one, previews, differences, rehearsals."""
