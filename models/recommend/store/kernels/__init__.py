"""Compiled loops over the store: histories, idleness, sweeping."""
