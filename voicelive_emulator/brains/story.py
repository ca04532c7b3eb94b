"""A story that takes well over half a minute to tell, so that there is something to interrupt."""

STORY = (
    "Once upon a time there was a lighthouse at the end of a long stone pier.",
    "Its keeper was an old woman called Marta, who knew every ship by the sound of its horn.",
    "Each evening she climbed two hundred steps, lit the lamp, and wrote the names of the ships in a blue book.",
    "One autumn a fog came in from the sea, so thick that even the gulls walked home.",
    "The lamp burned as bright as ever, but nobody out there could see it.",
    "So Marta carried her grandfather's trumpet up to the gallery and played the only tune she knew.",
    "Far away, the captain of a small grey ship heard three notes, and turned his wheel a little to the left.",
    "Behind him a second ship followed, and behind the second a third, all of them steering by the music.",
    "Marta played all night, until her lips were sore and the fog began to glow in the morning sun.",
    "When it lifted, eleven ships lay safe in the harbour, and their crews stood on deck and applauded.",
    "From that day on, no captain passed the pier without blowing three notes on his horn.",
    "And if you listen carefully on a foggy evening, you can still hear somebody answer.",
)
