"""Voice Live's wire, typed: what travels over the WebSocket, seen from neither side.

Both ends import it, the plugin and the emulator. It knows JSON and base64, but no socket, no clock and nothing of LiveKit.
The shape is that of the dated api-versions (``2025-10-01`` to ``2026-07-15``); the label version ``v1`` has another one.
"""
