"""What is known of items beside who touched them, and which of them may be served."""
