"""Recommendations that learn from every interaction."""
