"""The page's server: who gets a token, for what, and what is said to the others."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from demo import page as demo_page
from demo.progress import StepFailed
from worker.web import server
from worker.web.settings import WebSettings, is_loopback, problems

AGENT = Path(__file__).resolve().parents[2] / "agent"
LIVEKIT = {
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "a-secret-that-is-long-enough-for-a-signature",
}

Site = TestClient[Any, Any]


def settings(**changes: str) -> WebSettings:
    return WebSettings.model_validate({**LIVEKIT, **changes})


async def site_of(wanted: WebSettings) -> Site:
    client: Site = TestClient(TestServer(server.application(wanted)))
    await client.start_server()
    return client


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    client = await site_of(settings())
    yield client
    await client.close()


def claims(answer: dict[str, str]) -> dict[str, Any]:
    token: dict[str, Any] = jwt.decode(
        answer["participant_token"], LIVEKIT["LIVEKIT_API_SECRET"], algorithms=["HS256"]
    )
    return token


async def test_a_whole_request_of_livekits_contract_is_honoured(site: Site) -> None:
    answer = await site.post(
        "/token",
        json={
            "room_name": "room",
            "participant_identity": "me",
            "participant_name": "My Name",
            "participant_metadata": "about me",
            "participant_attributes": {"language": "en"},
            "room_config": {"agents": [{"agent_name": "tutor", "metadata": "{}"}], "egress": {}},
            "field_of_tomorrow": 1,
        },
    )
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = await answer.json()
    assert body["server_url"] == LIVEKIT["LIVEKIT_URL"]
    token = claims(body)
    assert (token["sub"], token["name"], token["metadata"]) == ("me", "My Name", "about me")
    assert token["attributes"] == {"language": "en"}
    assert token["video"]["room"] == "room"
    assert token["video"]["roomJoin"]
    assert not token["video"].get("roomAdmin")
    assert token["roomConfig"] == {"agents": [{"agentName": "tutor", "metadata": "{}"}]}


async def test_an_empty_request_gets_a_room_of_its_own(site: Site) -> None:
    tokens = [claims(await (await site.post("/token")).json()) for _ in range(2)]
    assert tokens[0]["video"]["room"] != tokens[1]["video"]["room"]
    assert tokens[0]["sub"] != tokens[1]["sub"]
    assert "roomConfig" not in tokens[0]


async def test_a_named_agent_is_asked_for() -> None:
    site = await site_of(settings(LIVEKIT_AGENT_NAME="tutor", WEB_LIVEKIT_URL="wss://seen.example"))
    body = await (await site.post("/token", json={})).json()
    assert claims(body)["roomConfig"] == {"agents": [{"agentName": "tutor"}]}
    assert body["server_url"] == "wss://seen.example"
    dispatch = {"metadata": '{"voice": "alloy"}', "deployment": "staging"}
    body = await (await site.post("/token", json={"room_config": {"agents": [dispatch]}})).json()
    assert claims(body)["roomConfig"] == {"agents": [{"agentName": "tutor", **dispatch}]}
    await site.close()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{", "not the JSON object"),
        ("[]", "not the JSON object"),
        ('{"room_name": 7}', "room_name: "),
        ('{"participant_attributes": {"a": 1}}', "participant_attributes.a: "),
        ('{"room_config": {"agents": [{"agent_name": 1}]}}', "room_config.agents.0.agent_name: "),
    ],
)
async def test_bad_input_is_named_in_a_sentence(site: Site, body: str, sentence: str) -> None:
    answer = await site.post("/token", data=body)
    assert answer.status == 400
    assert sentence in (await answer.json())["error"]


async def test_with_a_secret_only_those_who_know_it_get_a_token() -> None:
    site = await site_of(settings(WEB_SECRET="open sesame"))
    for headers in ({}, {"Authorization": "Bearer open"}, {"Authorization": "open sesame"}):
        answer = await site.post("/token", json={}, headers=headers)
        assert answer.status == 401
        assert "participant_token" not in await answer.text()
    answer = await site.post("/token", headers={"Authorization": "Bearer open sesame"})
    assert answer.status == 200
    await site.close()


async def test_pages_of_other_sites_are_refused(site: Site) -> None:
    answer = await site.post("/token", headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 403
    # A name of another site that was made to point to this machine.
    answer = await site.post("/token", headers={"Host": "elsewhere.example"})
    assert answer.status == 403
    assert f"open it as http://127.0.0.1:{site.port}/" in await answer.text()
    own = f"http://{site.host}:{site.port}"
    answer = await site.post("/token", headers={"Origin": own})
    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_only_the_pages_own_files_are_served(site: Site) -> None:
    page = await site.get("/")
    assert "Start talking" in await page.text()
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    script = await site.get("/static/app.js")
    assert "javascript" in script.headers["Content-Type"]
    for path in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/package.json"):
        assert (await site.get(path)).status in (403, 404)


def test_beyond_loopback_a_secret_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**LIVEKIT, "WEB_HOST": "0.0.0.0"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WEB_SECRET", raising=False)
    [sentence] = problems()
    assert "WEB_SECRET" in sentence
    monkeypatch.setenv("WEB_SECRET", "open sesame")
    assert problems() == []
    assert "open sesame" not in repr(WebSettings())
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("")
    assert not is_loopback("::")


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIVEKIT_", "AZURE_", "WEB_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "worker.web"],
        cwd=AGENT,
        env=bare | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_refuses_in_one_sentence_and_a_status() -> None:
    refused = run(**LIVEKIT, WEB_HOST="0.0.0.0", WEB_SECRET="")
    assert refused.returncode == 2
    assert "set WEB_SECRET" in refused.stderr
    assert "Traceback" not in refused.stderr
    wrong_port = run(**LIVEKIT, WEB_PORT="many")
    assert wrong_port.returncode == 2
    assert wrong_port.stderr.startswith("WEB_PORT should be a valid integer")
    all_wrong = run(LIVEKIT_URL="localhost", LIVEKIT_API_KEY="key", WEB_PORT="70000")
    assert all_wrong.returncode == 2
    address, secret, port = all_wrong.stderr.splitlines()
    assert address.startswith("LIVEKIT_URL must be an address")
    assert secret.startswith("LIVEKIT_API_SECRET is not set")
    assert port.startswith("WEB_PORT should be less than or equal to 65535")


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run(**LIVEKIT, WEB_PORT=port)
    assert refused.returncode == 1
    assert f"WEB_PORT={port}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_without_npm_the_demo_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_page, "INSTALLED", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StepFailed, match="needs npm"):
        demo_page.install_page_library()


def test_the_lock_file_pins_by_hash_and_names_no_registry() -> None:
    lock = json.loads(demo_page.LOCK.read_text())
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages)
    assert "resolved" not in demo_page.LOCK.read_text()
