"""Voice Live on this machine: the service's side of the wire, with real ears and a real voice.

Imports nothing of the plugin but its wire types.
"""

from .behaviour import Backend, Behaviour
from .brains.scripted import ScriptedBrain
from .emulated_session import EmulatedSession
from .faults import Faults
from .in_memory import InMemoryEmulator
from .server import EmulatorServer
from .speech.stand_ins import DeafEars, HummingVoice

__all__ = [
    "Backend",
    "Behaviour",
    "DeafEars",
    "EmulatedSession",
    "EmulatorServer",
    "Faults",
    "HummingVoice",
    "InMemoryEmulator",
    "ScriptedBrain",
]
