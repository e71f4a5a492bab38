"""The shapes of all answers, with examples; one file per subject."""
