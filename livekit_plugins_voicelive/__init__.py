"""Azure Voice Live for LiveKit Agents: a realtime model that hears, thinks and speaks, with your own model if you like.

    from livekit_plugins_voicelive import RealtimeModel

    session = AgentSession(llm=RealtimeModel(model="gpt-realtime", voice="en-US-AvaNeural"))

The service: https://learn.microsoft.com/azure/ai-services/speech-service/voice-live
"""

from livekit.agents import Plugin

from .log import logger
from .models import ByomProfile, Model, OpenAIVoiceName
from .protocol.session_config import (
    Animation,
    AudioEchoCancellation,
    AudioInputTranscriptionOptions,
    AudioNoiseReduction,
    AzureAvatarVoiceSyncVoice,
    AzureCustomVoice,
    AzurePersonalVoice,
    AzureRealtimeNativeVoice,
    AzureSemanticDetection,
    AzureSemanticDetectionEn,
    AzureSemanticDetectionMultilingual,
    AzureSemanticVad,
    AzureSemanticVadEn,
    AzureSemanticVadMultilingual,
    AzureStandardVoice,
    LlmInterimResponseConfig,
    MCPServer,
    OpenAIVoice,
    SemanticVad,
    ServerVad,
    SmartEndOfTurnDetection,
    StaticInterimResponseConfig,
)
from .realtime_model import RealtimeModel
from .realtime_session import RealtimeSession
from .tools import MCPApprovalRequest, MCPTool
from .version import __version__

__all__ = [
    "Animation",
    "AudioEchoCancellation",
    "AudioInputTranscriptionOptions",
    "AudioNoiseReduction",
    "AzureAvatarVoiceSyncVoice",
    "AzureCustomVoice",
    "AzurePersonalVoice",
    "AzureRealtimeNativeVoice",
    "AzureSemanticDetection",
    "AzureSemanticDetectionEn",
    "AzureSemanticDetectionMultilingual",
    "AzureSemanticVad",
    "AzureSemanticVadEn",
    "AzureSemanticVadMultilingual",
    "AzureStandardVoice",
    "ByomProfile",
    "LlmInterimResponseConfig",
    "MCPApprovalRequest",
    "MCPServer",
    "MCPTool",
    "Model",
    "OpenAIVoice",
    "OpenAIVoiceName",
    "RealtimeModel",
    "RealtimeSession",
    "SemanticVad",
    "ServerVad",
    "SmartEndOfTurnDetection",
    "StaticInterimResponseConfig",
    "__version__",
]


class VoiceLivePlugin(Plugin):
    """Makes the plugin known to LiveKit's worker, which then imports it before it forks."""

    def __init__(self) -> None:
        super().__init__(__name__, __version__, __package__ or __name__, logger)


Plugin.register_plugin(VoiceLivePlugin())

# What is not exported stays out of the API documentation.
__pdoc__ = {name: False for name in dir() if name not in __all__}
