"""Ears, voice and detector, and the formats of their sound. They know no session."""
