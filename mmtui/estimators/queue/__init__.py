"""Where own orders stand in their queues, and how likely they are to fill from there."""
