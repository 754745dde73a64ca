"""How a run ends: who ends it, what is left of a defect, the exit code and the summary."""
