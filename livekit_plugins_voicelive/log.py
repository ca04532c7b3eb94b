"""The plugin's logger: a child of ``livekit``, so that the worker's command line formats it."""

import logging

logger = logging.getLogger("livekit.plugins.voicelive")
