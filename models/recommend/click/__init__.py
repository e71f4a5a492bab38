"""Factorisation machines: how probable a click is, by who, what and when."""
