"""Topics: what a configuration declares, compared with what the log has, and made so."""
