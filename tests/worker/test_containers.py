"""The files for containers, held against the code: Docker is not needed to see that they fit it."""

import fnmatch
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.progress import CHECKOUT
from worker.settings import Settings, WorkerSettings
from worker.web.settings import WebSettings
from worker.worker import ACTIVE, LOOPBACK, USUAL_PORT

COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
DEPLOY = (CHECKOUT / "docs" / "deploy.md").read_text()
VARIABLE = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
EXEC_FORM = re.compile(r"^\s*(?:CMD|ENTRYPOINT) (.*)$", re.MULTILINE)
PINNED = re.compile(r":v?\d+\.\d+\.\d+")

FIXED = {"AGENT_HTTP_PORT"}
"""What the images decide: their health checks ask there."""


def test_all_images_that_are_not_built_here_are_pinned() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) - stages
    built = {service["image"] for service in SERVICES.values() if "build" in service}
    pulled = {service["image"] for service in SERVICES.values()} - built
    assert len(bases | pulled) == 4
    assert [image for image in bases | pulled if not PINNED.search(image)] == []


@pytest.mark.parametrize("stage", ["worker", "emulator"])
def test_an_image_runs_its_command_itself_and_not_as_root(stage: str) -> None:
    lines = re.split(rf"^FROM runtime AS {stage}$", DOCKERFILE, flags=re.MULTILINE)[1]
    own = lines.split("\nFROM ")[0]
    assert re.findall(r"^USER (\S+)", own, re.MULTILINE) == ["voicelive"]
    commands = [json.loads(command) for command in EXEC_FORM.findall(own)]
    assert len(commands) == 2, "one to run and one to ask for health"
    assert {command[0] for command in commands} == {"python"}


def test_what_an_image_copies_is_there_and_reaches_the_build() -> None:
    ignored = (CHECKOUT / ".dockerignore").read_text().splitlines()
    reaching = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert {Path(source).parts[0] for source in copied} == reaching
    assert all((CHECKOUT / source).exists() for source in copied)
    secrets = [line for line in ignored if fnmatch.fnmatch("**/.env.local", line)]
    assert secrets, "a secret would be copied with agent/"


def test_every_command_is_a_module_or_file_of_the_image() -> None:
    for service in ("page", "watcher"):
        *python, module = SERVICES[service]["command"]
        assert python == ["python", "-m"]
        assert importlib.util.find_spec(module)
    assert (CHECKOUT / "agent" / "agent.py").is_file()
    assert importlib.util.find_spec("voicelive_emulator.__main__")
    for locked in ("agent", "emulator"):
        assert (CHECKOUT / "requirements" / f"{locked}.txt").is_file()


def test_every_setting_can_be_given_to_its_container() -> None:
    documented = set(VARIABLE.findall((CHECKOUT / ".env.example").read_text()))
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert documented - given == FIXED
    page = {field.alias for field in WebSettings.model_fields.values()}
    assert {name for name in SERVICES["page"]["environment"] if name.startswith("WEB_")} <= page
    own = {field.alias for field in WorkerSettings.model_fields.values()}
    own |= {field.alias for field in Settings.model_fields.values()} | {"AGENT_INSTRUCTIONS"}
    agents = {name for name in SERVICES["agent"]["environment"] if name.startswith("AGENT_")}
    assert agents <= own


def test_the_offline_settings_leave_none_out_that_must_be_set() -> None:
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", (CHECKOUT / "docker-compose.yml").read_text()))
    offline = (CHECKOUT / "offline.env").read_text()
    assert needed <= set(VARIABLE.findall(offline))
    [port] = re.findall(r"VOICELIVE_ENDPOINT=http://127.0.0.1:(\d+)", offline)
    [key] = re.findall(r"VOICELIVE_API_KEY=(\S+)", offline)
    assert f'"--port", "{port}", "--api-key", "{key}"' in DOCKERFILE


def test_the_agent_has_time_to_finish_its_calls_and_nothing_ends_for_good() -> None:
    assert SERVICES["agent"]["stop_grace_period"] == "10m"
    assert {service["restart"] for service in SERVICES.values()} == {"unless-stopped"}


def test_the_page_listens_where_its_port_is_published() -> None:
    page = SERVICES["page"]
    assert page["network_mode"] == "service:livekit"
    published = [port.rpartition(":")[2] for port in SERVICES["livekit"]["ports"]]
    assert str(page["environment"]["WEB_PORT"]) in published
    assert page["environment"]["WEB_HOST"] == "0.0.0.0"
    assert f":{page['environment']['WEB_PORT']}/" in page["healthcheck"]["test"][-1]
    config = re.sub(
        r"\$\{[A-Z_]+:-(.*?)\}", r"\1", SERVICES["livekit"]["environment"]["LIVEKIT_CONFIG"]
    )
    config = yaml.safe_load(re.sub(r"\$\{([A-Z_]+)\}", r"\1", config))
    ports = {
        str(config["port"]),
        str(config["rtc"]["tcp_port"]),
        f"{config['rtc']['udp_port']}/udp",
    }
    assert ports <= set(published)


def test_health_checks_ask_where_the_worker_answers() -> None:
    assert f"http://{LOOPBACK}:{USUAL_PORT}/ready" in DOCKERFILE
    [deployment, autoscaler] = yaml.safe_load_all(
        re.findall(r"```yaml\n(.*?)```", DEPLOY, re.DOTALL)[0]
    )
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": USUAL_PORT}]
    assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/", "port": "http"}
    assert str(pod["securityContext"]["runAsUser"]) in DOCKERFILE
    [measure] = autoscaler["spec"]["metrics"]
    assert [metric.name for metric in ACTIVE.collect()] == [measure["pods"]["metric"]["name"]]
    variables = {each["name"]: each["value"] for each in container["env"]}
    assert variables == {"AGENT_MAX_JOBS": str(WorkerSettings.model_fields["max_jobs"].default)}
    assert int(measure["pods"]["target"]["averageValue"]) < int(variables["AGENT_MAX_JOBS"])
