"""Real Apache Kafka brokers (KRaft) for tests, and for a person: `python -m tests.broker --help`."""
