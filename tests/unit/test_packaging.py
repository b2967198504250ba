"""Dockerfile, compose.yaml and the units name what there is. No container is made here: docs/install.md has more."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import cli
import settings
from scheduler.delivery.roles import Role
from tests.container_files import ROOT, steps

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
PROGRAM = {name: service for name, service in SERVICES.items() if service["image"] == "ostinato"}
UNITS = sorted((ROOT / "examples").glob("*.service"))
VARIABLES = {name for name, _ in settings.variables()}
FINISHED = {"condition": "service_completed_successfully"}
HEALTHY = {"condition": "service_healthy"}


def check_command(words: list[str]) -> None:
    """Make sure that the program takes *words*: its commands, their options, and the role."""
    shown = CliRunner().invoke(cli.main, [*words, "--help"])
    assert shown.exit_code == 0, shown.output
    if "--role" in words:
        assert words[words.index("--role") + 1] in {*Role, "api"}


def run_lines() -> str:
    return "\n".join(words for instruction, words in steps() if instruction == "RUN")


def test_the_image_holds_what_the_wheel_holds_and_nothing_is_sent_to_the_builder_beside_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    copied = [words.split()[:-1] for instruction, words in steps() if instruction == "COPY" and "--from" not in words]
    sources = {source for group in copied for source in group}
    needed = {"requirements/runtime.txt", "pyproject.toml", project["project"]["readme"], "LICENSE"}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert sources == wheel | needed
    assert all((ROOT / source).exists() for source in sources)
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == sources


def test_the_image_is_installed_with_hashes_and_runs_as_a_user_without_rights() -> None:
    names = [instruction for instruction, _ in steps()]
    users = [words for instruction, words in steps() if instruction == "USER"]

    assert "--require-hashes --requirement requirements/runtime.txt" in run_lines()
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[-1])
    assert names.count("HEALTHCHECK") == 1
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert names.count("FROM") == 2


def test_what_the_build_alone_needs_is_taken_out_again_and_nothing_else_needs_it() -> None:
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    taken = set(run_lines().partition("uninstall --yes ")[2].partition(" &&")[0].split())

    assert {"hatchling", "editables"} <= taken <= set(pins)
    left = [name for name in pins if name not in taken]
    assert {name: needed for name in left if (needed := taken & needs(name))} == {}


def needs(name: str) -> set[str]:
    try:
        required = requires(name) or []
    except PackageNotFoundError:  # of another system
        return set()
    return {re.split(r"[^A-Za-z0-9_.-]", each)[0].lower() for each in required if "extra ==" not in each}


def test_every_setting_that_image_compose_file_and_units_give_is_one() -> None:
    given = [words for instruction, words in steps() if instruction == "ENV"]
    given += [str(service.get("environment", "")) for service in PROGRAM.values()]
    given += [line for unit in UNITS for line in unit.read_text().splitlines() if line.startswith("Environment=")]
    named = set(re.findall(r"OSTINATO_[A-Z_]+", "\n".join(given)))

    assert named - VARIABLES == set()
    assert {"OSTINATO_HOME", "OSTINATO_DATABASE", "OSTINATO_XQUIK_KEY", "OSTINATO_HEALTH_PORT"} <= named


def test_every_service_of_the_program_runs_a_command_that_there_is() -> None:
    assert set(PROGRAM) == {"upgrade", "check", "scheduler", "worker", "api"}
    for service in PROGRAM.values():
        check_command(service["command"])
    (default,) = [words for instruction, words in steps() if instruction == "CMD"]
    check_command(yaml.safe_load(default))


def test_a_fleet_of_two_schedulers_and_three_workers_waits_for_the_upgrade_and_the_check() -> None:
    assert {name: SERVICES[name]["deploy"]["replicas"] for name in ("scheduler", "worker")} == {
        "scheduler": 2,
        "worker": 3,
    }
    assert SERVICES["upgrade"]["depends_on"] == {"postgres": HEALTHY}
    assert SERVICES["check"]["depends_on"] == {"upgrade": FINISHED}
    for name in ("scheduler", "worker"):
        assert SERVICES[name]["depends_on"] == {"postgres": HEALTHY, "check": FINISHED}
        assert f"--role {name}" in " ".join(SERVICES[name]["command"])


def test_nothing_of_the_fleet_is_published_and_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "compose.yaml").read_text()

    assert [name for name, service in SERVICES.items() if "ports" in service and "profiles" not in service] == []
    assert COMPOSE["networks"]["database"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == ["database"]
    assert set(re.findall(r"\$\{(\w+)", text)) == {"POSTGRES_PASSWORD", "OSTINATO_XQUIK_KEY", "API_DOMAIN"}
    # Each must be given; the domain is for who asks for the API.
    assert {name for name, how in re.findall(r"\$\{(\w+)(:?[?+-]?)", text) if how != ":?"} == {"API_DOMAIN"}
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == set(COMPOSE["volumes"])


def test_the_api_is_reached_through_a_proxy_with_tls_and_only_when_it_is_asked_for() -> None:
    api, proxy = SERVICES["api"], SERVICES["proxy"]
    words = dict(zip(proxy["command"][2::2], proxy["command"][3::2], strict=True))

    assert api["profiles"] == proxy["profiles"] == ["api"]
    assert "ports" not in api
    assert sorted(proxy["ports"]) == ["443:443", "443:443/udp", "80:80"]
    assert (proxy["command"][:2], words["--to"]) == (["caddy", "reverse-proxy"], "api:8780")
    assert words["--from"] == "${API_DOMAIN:-localhost}"  # without one, a certificate of its own making
    assert set(proxy["networks"]) & set(api["networks"]) == {"proxied"}
    assert "database" not in proxy["networks"]
    assert proxy["depends_on"] == {"api": HEALTHY}
    assert (proxy["cap_drop"], proxy["read_only"]) == (["ALL"], True)
    assert api["depends_on"] == SERVICES["worker"]["depends_on"]


def test_what_the_api_is_given_lets_it_listen_and_the_health_check_find_it(tmp_path: Path) -> None:
    given = {name: str(value) for name, value in SERVICES["api"]["environment"].items() if "${" not in str(value)}
    shared = set(SERVICES["worker"]["environment"])

    found = settings.load({"OSTINATO_HOME": str(tmp_path), **given})

    assert shared < set(SERVICES["api"]["environment"])
    assert (found.http_host, found.http_port) == ("0.0.0.0", 8780)
    assert found.health_port == found.http_port
    assert settings.load({"OSTINATO_HOME": str(tmp_path), "OSTINATO_PUBLIC_URL": ""}).public_url is None


def test_the_image_holds_the_program_that_reads_pictures() -> None:
    assert "apt-get install --yes --no-install-recommends tesseract-ocr" in run_lines()
    assert "tesseract-ocr" in (ROOT / ".ci" / "run").read_text()


def test_the_image_is_built_once_and_looked_for_nowhere_else() -> None:
    built = [name for name, service in SERVICES.items() if "build" in service]

    assert built == ["upgrade"]  # for which the others wait
    assert {name for name, service in PROGRAM.items() if service.get("pull_policy") == "never"} == {*PROGRAM} - {*built}


def test_the_server_is_healthy_only_once_the_others_can_reach_it() -> None:
    assert "--host=127.0.0.1" in SERVICES["postgres"]["healthcheck"]["test"]


def test_the_server_lets_in_as_many_connections_as_the_fleet_opens() -> None:
    (most,) = re.findall(r"max_connections=(\d+)", " ".join(SERVICES["postgres"]["command"]))
    daemons = sum(SERVICES[name]["deploy"]["replicas"] for name in ("scheduler", "worker"))

    assert int(most) > 20 * daemons + 10  # docs/scaling.md: up to 20 for each


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_the_doctor_first_and_then_a_daemon_that_there_is(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    ran = [line.partition("=")[2].split() for line in lines if line.startswith(("ExecStartPre=", "ExecStart="))]

    assert [words[0] for words in ran] == ["/opt/ostinato/.venv/bin/ostinato"] * 2
    assert ran[0][1:] == ["doctor", "--offline"]
    for role in ("worker", "scheduler"):
        check_command([word.replace("%j", role) for word in ran[1][1:]])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", ["ostinato.service", "ostinato-worker@1.service", "ostinato-scheduler@0.service"])
def test_systemd_takes_the_unit(tmp_path: Path, name: str) -> None:
    kept = "ostinato-worker@.service" if "@" in name else name
    text = (ROOT / "examples" / kept).read_text().replace("/opt/ostinato/.venv/bin/ostinato", sys.executable)
    file = tmp_path / re.sub(r"@\d", "@", name)
    file.write_text(re.sub(r"^User=.*\n", "", text, flags=re.MULTILINE))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
