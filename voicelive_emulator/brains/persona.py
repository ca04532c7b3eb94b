"""Small talk: the friendly answers of the scripted brain to everything that needs no thought."""

from __future__ import annotations

import re

_ANSWERS = (
    (r"\bhow are you\b|\bhow do you do\b", "I am doing well, thank you. How can I help you?"),
    (r"\bwho are you\b|\byour name\b", "I am a small voice assistant that runs on this machine."),
    (
        r"\bwhat can you do\b|\bhelp me\b",
        "I can tell the time, do sums, use the tools I was given, and tell you a story.",
    ),
    (r"\bjoke\b", "Why did the microphone blush? It heard everything."),
    (r"\bthank", "You are welcome."),
    (r"\b(good ?bye|bye|see you)\b", "Goodbye, and have a nice day."),
    (r"\bgood (morning|afternoon|evening)\b", "Hello! It is nice to hear from you."),
    (r"\b(hello|hi|hey)\b", "Hello! How can I help you?"),
    (r"\b(can|do) you hear me\b", "Yes, I can hear you."),
    (r"^\W*(yes|yeah|okay|ok|sure|all right)\W*$", "All right."),
    (r"^\W*(no|nope|stop|wait|never mind)\b", "All right, I will stop."),
)


def small_talk(request: str) -> str:
    """An answer to anything; what is not understood is said back."""
    for pattern, answer in _ANSWERS:
        if re.search(pattern, request, re.I):
            return answer
    if not request.strip():
        return "Sorry, I did not catch that."
    return f"You said: {request.strip().rstrip('.!?')}. I have no better answer to that."
