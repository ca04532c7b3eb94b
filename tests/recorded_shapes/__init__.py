"""What recorded sessions of the real service look like: which events in which order, with which fields.

Each ``.jsonl`` file is one session, without its ids, times, words and sound. ``python -m tests.recorded_shapes RECORDING``
prints the shape of a recording; :mod:`.shape` says what stays of it, :mod:`.comparison` where two of them differ.
"""
