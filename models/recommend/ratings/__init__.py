"""Explicit ratings: River's models, with what they learn in the store."""
