"""What items are like by their own words, for those that nobody has touched yet."""
