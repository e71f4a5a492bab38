"""Models that rank the whole catalogue for a user, and the blend of them."""
