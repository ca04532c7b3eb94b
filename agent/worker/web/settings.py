"""The page's own settings: environment in, checked values out."""

from __future__ import annotations

import ipaddress

from pydantic import Field, ValidationError

from ..environment import EnvironmentSettings, wrong_values
from ..livekit_server import livekit_problems


class WebSettings(EnvironmentSettings):
    """Where the page listens, who may have a token, and which LiveKit server it is for."""

    host: str = Field("127.0.0.1", alias="WEB_HOST")
    port: int = Field(8080, alias="WEB_PORT", ge=0, le=65535)
    """0: any free port."""
    secret: str = Field("", alias="WEB_SECRET", repr=False)
    """What a client must show for a token; nothing has to be shown when it is empty, on loopback alone."""
    livekit_url: str = Field(alias="LIVEKIT_URL")
    public_livekit_url: str = Field("", alias="WEB_LIVEKIT_URL")
    """The server's address as a browser sees it, where that differs from the worker's."""
    api_key: str = Field(alias="LIVEKIT_API_KEY", repr=False)
    api_secret: str = Field(alias="LIVEKIT_API_SECRET", repr=False)
    agent_name: str = Field("", alias="LIVEKIT_AGENT_NAME")

    @property
    def browser_livekit_url(self) -> str:
        """The LiveKit server's address for whoever gets a token."""
        return self.public_livekit_url or self.livekit_url


def problems() -> list[str]:
    """What is wrong with the environment, a sentence each; nothing if the page can be served."""
    found = livekit_problems()
    try:
        settings = WebSettings()
    except ValidationError as error:
        return found + wrong_values(error)
    if not is_loopback(settings.host) and not settings.secret:
        found.append(
            f"WEB_HOST={settings.host} can be reached from other machines: set WEB_SECRET too, a long random text that a caller "
            "must know to get a token."
        )
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
