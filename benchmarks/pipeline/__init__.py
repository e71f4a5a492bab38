"""End to end on one log: what the loop costs, what the model costs, how late a score is, how long a restart takes."""
