"""The plugin's logger, a child of ``livekit``, so that the worker's command line formats it; and how it tells of faults."""

import logging
import traceback

logger = logging.getLogger("livekit.plugins.voicelive")


def without_words(fault: BaseException) -> str:
    """The kind of the fault and where it happened; its message may hold what was said."""
    places = "".join(traceback.format_tb(fault.__traceback__))
    return f"{type(fault).__name__} at\n{places}"
