"""The verbs of RandomCutForest, by what they are about."""
