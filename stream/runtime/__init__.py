"""The loop between a log and a task: exactly once, with state that survives."""
