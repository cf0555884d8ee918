from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from monolith.config import environment
from monolith.config.environment import InvalidSetting


@pytest.fixture
def state(monkeypatch, tmp_path):
    """Write what a running shop keeps in its state folder."""
    monkeypatch.setattr(environment, "STATE_DIR", tmp_path)
    environment._state.cache_clear()
    yield lambda name, content: (tmp_path / name).write_text(json.dumps(content))
    environment._state.cache_clear()


@pytest.mark.parametrize(
    ("value", "meant"),
    [("yes", True), ("1", True), (" On ", True), ("no", False), ("FALSE", False), ("", True)],
)
def test_flag_takes_the_usual_spellings(monkeypatch, value, meant):
    monkeypatch.setenv("SHINY", value)

    assert environment.flag("SHINY", default=True) is meant


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: environment.flag("SHINY", default=True), "maybe"),
        (lambda: environment.number("SHINY", 1), "many"),
        (lambda: environment.number("SHINY", 1), "-1"),
        (lambda: environment.number("SHINY", 1, most=1), "1.5"),
    ],
)
def test_senseless_value_is_refused_by_name(monkeypatch, read, value):
    monkeypatch.setenv("SHINY", value)

    with pytest.raises(InvalidSetting, match=f"SHINY='{value}'"):
        read()


def test_number_and_names_are_read(monkeypatch):
    monkeypatch.setenv("SECONDS", "0.25")
    monkeypatch.setenv("HOSTS", "a.example, ,b.example,")

    assert environment.number("SECONDS", 1) == 0.25
    assert environment.number("ABSENT", 7) == 7
    assert environment.names("HOSTS", "") == ["a.example", "b.example"]


def test_database_address_is_taken_apart():
    read = environment.database(
        "postgresql://sh%40p:p%2Fw@db.example:5433/ban%20yan?sslmode=require"
    )

    assert read == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "ban yan",
        "USER": "sh@p",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize("url", ["mysql://h/banyan", "postgresql://h", "banyan"])
def test_other_databases_are_refused_without_telling_the_password(url):
    with pytest.raises(InvalidSetting, match=r"^DATABASE_URL: expected postgresql://"):
        environment.database(url)


def test_running_shop_is_found_by_its_file(state):
    state("run.json", {"web": "http://127.0.0.1:8000", "aws": ""})

    assert environment.running("web") == "http://127.0.0.1:8000"
    assert environment.running("aws") is None


def test_nothing_runs_without_the_file(state):
    assert environment.running("web") is None


def test_deployed_outputs_come_from_the_file_unless_given(state, monkeypatch):
    state("deployed.json", {"topics": {"customer": "arn:local"}})

    local = environment.deployed("topics")
    monkeypatch.setenv("BANYAN_DEPLOYED", '{"topics": {"customer": "arn:aws"}}')

    assert local == {"customer": "arn:local"}
    assert environment.deployed("topics") == {"customer": "arn:aws"}
    assert environment.deployed("queues") == {}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DEBUG": "perhaps"}, "DEBUG='perhaps'"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({"BANYAN_LOCAL": "no"}, "SECRET_KEY is not set"),
    ],
)
def test_shop_does_not_start_on_a_senseless_setting(tmp_path, given, named):
    ended = subprocess.run(
        [sys.executable, "-c", "import monolith.config.settings"],
        env={"PATH": os.environ["PATH"], "BANYAN_STATE_DIR": str(tmp_path), **given}
        | ({} if "BANYAN_LOCAL" in given else {"BANYAN_LOCAL": "yes"}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert named in ended.stderr


def test_made_up_credentials_take_no_real_ones_away(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)

    environment.take_made_up_credentials()

    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "test"
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
