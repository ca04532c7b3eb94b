"""What was said on the wire, written down and played again."""
