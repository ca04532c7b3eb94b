"""The demonstration: everything a call needs, started on this machine with one command.

`python -m demo` runs LiveKit's server, the Voice Live emulator (or Azure) and the worker;
`python -m demo.talk` is a caller in the terminal. The end-to-end tests start the same pieces.
Nothing here ships in the wheel, and nothing in the wheel knows about it.
"""
