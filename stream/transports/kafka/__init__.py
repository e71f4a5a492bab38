"""A Kafka cluster as a transport.

transport      the protocol's methods
session        one member: poll, transaction, positions
writing        the member's transactions, and what becomes of those that end badly
outbox         records before they are handed over
positions      committed metadata, the same from both libraries
appending      writing outside of groups
reading        reading outside of groups
cluster        topics, positions and members, as the brokers know them
topic_configs  declarations as Kafka's configuration (pure)
retrying       patience with brokers that are away
client         what all of this needs of a client library
kafka_python   that, on kafka-python
confluent      that, on confluent-kafka
connecting     which of them is taken
address        the URL
options        what a URL has no room for
security       encryption and identity, for both libraries
"""
