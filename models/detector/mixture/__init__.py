"""Detectors of several models: River's anomaly models beside the forest or instead of it, on one calibrated scale.

Each model's score becomes a tail probability among the key's own recent scores of that model; the strengths
(-log10 of it) are combined, and the combination is calibrated once more, so that the alarm rate holds for it.
"""
