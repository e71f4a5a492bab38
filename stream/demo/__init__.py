"""The demo: detectors and a predictor on real data that River ships, a recommender on ratings, and what came out."""
