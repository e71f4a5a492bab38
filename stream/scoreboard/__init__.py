"""How a predictor's models compare, out of its output topics; and the promotion of one of them."""
