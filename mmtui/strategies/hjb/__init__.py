"""The documents' controller: state and control vectors, their heuristic, and the control problem solved."""
