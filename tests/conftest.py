"""What every test session ends with."""

from livekit.rtc._ffi_client import FfiClient


def pytest_unconfigure() -> None:
    """Put LiveKit's native library down while Python is whole: as the process exits, its threads have been seen to panic."""
    if FfiClient._instance is not None:
        FfiClient._instance._dispose()
