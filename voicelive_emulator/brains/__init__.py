"""What the emulator thinks with: a script of its own, or a model of one's own."""
