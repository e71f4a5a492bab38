"""Users who touched the same items lately, and what else they touched."""
