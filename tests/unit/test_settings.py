from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from domain.errors import SettingsError
from settings import Rate, Settings, load, variables

SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"


def problems(home: Path, **environ: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as error:
        load({"OSTINATO_HOME": str(home)} | environ)
    return {problem.field: problem.reason for problem in error.value.problems}


def read(home: Path, **environ: str) -> Settings:
    return load({"OSTINATO_HOME": str(home)} | environ)


def test_nothing_given_means_the_documented_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path)

    assert settings.database == f"sqlite:///{tmp_path}/ostinato.db"
    assert settings.xquik_url == "https://xquik.com/api/v1"
    assert settings.xquik_key is None
    assert settings.rate_write == Rate(30, timedelta(minutes=1))
    assert (settings.workers, settings.lease, settings.keep) == (64, timedelta(seconds=60), timedelta(days=90))


def test_the_home_folder_is_in_the_users_own_when_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert load({}).home == tmp_path / ".ostinato"


def test_the_file_in_the_home_folder_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text(
        "# my settings\nOSTINATO_WORKERS=8\nexport OSTINATO_MODEL='small'\n\nOPENAI_API_KEY = \"sk-1\"\n"
    )

    settings = read(tmp_path, OSTINATO_WORKERS="16")

    assert (settings.workers, settings.model, settings.openai_api_key) == (16, "small", "sk-1")


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("xq_123\n")

    assert read(tmp_path, OSTINATO_XQUIK_KEY_FILE=str(tmp_path / "key")).xquik_key == "xq_123"


def test_the_environments_secret_file_wins_over_the_settings_files_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("xq_new")
    (tmp_path / "settings.env").write_text("OSTINATO_XQUIK_KEY=xq_old\n")

    assert read(tmp_path, OSTINATO_XQUIK_KEY_FILE=str(tmp_path / "key")).xquik_key == "xq_new"


def test_all_wrong_values_are_reported_together_with_a_remedy(tmp_path: Path) -> None:
    wrong = problems(
        tmp_path,
        OSTINATO_WORKERS="many",
        OSTINATO_LEASE="soon",
        OSTINATO_RATE_READ="10",
        OSTINATO_ALLOW_NETWORKS="192.168.1.7/24",
        OSTINATO_XQUIK_URL="http://xquik.com/api/v1",
        OSTINATO_HOOK="rm -rf",
        OSTINATO_KEEP="1s",
        OSTINATO_RATE_LIMITS="maybe",
        OSTINATO_DATABASE="mysql://x",
        OSTINATO_CALLBACK_SECRET="hunter2",
        OSTINATO_NOTIFY_COMMAND="say 'hello",
    )

    assert len(wrong) == 11
    assert "use https" in wrong["OSTINATO_XQUIK_URL"]
    assert "such as 10/1s" in wrong["OSTINATO_RATE_READ"]
    assert "postgresql://" in wrong["OSTINATO_DATABASE"]
    assert "hunter2" not in str(wrong)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("me:hunter2@db:hunter2/ostinato", "a port that is no number"),
        ("me:hunter2", "a port that is no number"),
        ("me:hunt@er2@db/ostinato", "write them as %40"),
        ("me:hunt/er2@db/ostinato", "write them as %40"),
    ],
)
def test_an_address_of_postgresql_that_cannot_be_read_is_told_without_its_password(
    tmp_path: Path, address: str, said: str
) -> None:
    wrong = problems(tmp_path, OSTINATO_DATABASE=f"postgresql://{address}")

    assert said in wrong["OSTINATO_DATABASE"]
    assert "er2" not in str(wrong)


@pytest.mark.parametrize("address", ["db/x", "me:a%40b@db:5432/x", "[::1]:5432/x", "me@/x?host=/tmp/a@b:c", "/x"])
def test_an_address_of_postgresql_may_name_a_port_or_a_socket_or_neither(tmp_path: Path, address: str) -> None:
    assert read(tmp_path, OSTINATO_DATABASE=f"postgresql://{address}").database == f"postgresql://{address}"


def test_a_lease_into_which_a_request_does_not_fit_twice_is_refused(tmp_path: Path) -> None:
    wrong = problems(tmp_path, OSTINATO_LEASE="15s", OSTINATO_REQUEST_TIMEOUT="8s")

    assert wrong == {
        "OSTINATO_LEASE": "15s is less than twice OSTINATO_REQUEST_TIMEOUT (8s); set OSTINATO_LEASE to 16s or longer, "
        "or OSTINATO_REQUEST_TIMEOUT to 7s500ms or shorter"
    }
    assert "OSTINATO_LEASE" in problems(tmp_path, OSTINATO_REQUEST_TIMEOUT="31s")
    assert read(tmp_path, OSTINATO_LEASE="16s", OSTINATO_REQUEST_TIMEOUT="8s").lease == timedelta(seconds=16)


def test_an_unknown_setting_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text(
        "OSTINATO_MODLE=x\nnonsense\nOSTINATO_HOME=/tmp\nOSTINATO_KEEP=9d\nOSTINATO_KEEP=8d\n"
    )

    wrong = problems(tmp_path, OSTINATO_WORKER="3")

    assert "did you mean OSTINATO_WORKERS?" in wrong["OSTINATO_WORKER"]
    assert "did you mean OSTINATO_MODEL?" in wrong[f"{tmp_path}/settings.env line 1"]
    assert "NAME=value" in wrong[f"{tmp_path}/settings.env line 2"]
    assert "set it in the environment" in wrong[f"{tmp_path}/settings.env line 3"]
    assert "a second time" in wrong[f"{tmp_path}/settings.env line 5"]


def test_what_a_notify_command_is_given_is_no_setting_and_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, OSTINATO_EVENT_TYPE="run.failed", OSTINATO_EVENT_ID="1") == read(tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1:8788", "localhost:8788", "[::1]:8788"])
def test_plain_http_is_for_this_machine_only(tmp_path: Path, host: str) -> None:
    assert read(tmp_path, OSTINATO_XQUIK_URL=f"http://{host}/api/v1/").xquik_url == f"http://{host}/api/v1"


def test_a_secret_given_twice_or_in_a_file_that_is_missing_or_no_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "two").write_text("one two")

    assert "keep one" in problems(tmp_path, OSTINATO_XQUIK_KEY="a", OSTINATO_XQUIK_KEY_FILE="b")["OSTINATO_XQUIK_KEY"]
    assert "cannot be read" in problems(tmp_path, OPENAI_API_KEY_FILE="/nonexistent/key")["OPENAI_API_KEY"]
    assert "nothing else" in problems(tmp_path, OPENAI_API_KEY_FILE=str(tmp_path / "two"))["OPENAI_API_KEY"]


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        OSTINATO_XQUIK_KEY="xq_topsecret",
        OPENAI_API_KEY="sk-topsecret",
        OSTINATO_CALLBACK_SECRET=SECRET,
        OSTINATO_DATABASE="postgresql://me:topsecret@db/ostinato",
    )

    assert "topsecret" not in repr(settings)
    assert SECRET not in repr(settings)


def test_networks_are_read_as_a_list(tmp_path: Path) -> None:
    networks = read(tmp_path, OSTINATO_ALLOW_NETWORKS="192.168.1.0/24, ::1/128").allow_networks

    assert networks == (ip_network("192.168.1.0/24"), ip_network("::1/128"))


def test_every_setting_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()

    missing = [name for name, _ in variables() if f"`{name}`" not in page]
    wrong = [name for name, default in variables() if default and f"`{default}`" not in page]
    assert (missing, wrong) == ([], [])
