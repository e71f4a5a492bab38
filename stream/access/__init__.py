"""Who may get in: the desk at a guarded Kafka, and others at a guarded desk."""
