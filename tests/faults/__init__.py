"""Faults on a real Kafka that must lose and double nothing: `python -m tests.faults --help`."""
