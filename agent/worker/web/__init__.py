"""The page to talk on: a token endpoint and the static files that a browser needs for a call.

It hands out tokens for a LiveKit server and knows nothing of the calls themselves. `python -m worker.web` runs it.
"""
