"""What a recommender reads and writes: interactions, items, requests, recommendations, measures."""
