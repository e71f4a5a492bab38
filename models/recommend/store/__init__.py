"""Tables of users and items, their histories, and checkpoints of them."""
