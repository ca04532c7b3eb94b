"""The voice agent's worker: settings, assistant, tools, and what happens in a call."""
