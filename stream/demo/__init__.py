"""The demo: two detectors on real data that River ships, and what they find in it."""
