"""What the service documents for a session, a response and an item. Pure functions."""
