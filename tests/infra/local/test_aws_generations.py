"""Checkpoints of local AWS are complete or not there."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from infra.local.aws.generations import FolderTaken, StateFolder

NOON = datetime(2011, 8, 1, 12, tzinfo=UTC)
ONE = datetime(2011, 8, 1, 13, tzinfo=UTC)


class Killed(Exception):
    pass


def states(**texts):
    return {name: writer(text) for name, text in texts.items()}


def writer(text):
    return lambda file: file.write(text)


def killed_while_writing(file):
    file.write("half")
    raise Killed


def told(folder):
    return json.loads((folder / "restored.json").read_text())


def live(folder):
    return {path.stem: path.read_text() for path in (folder / "live").glob("*.json")}


def test_first_start_finds_nothing_and_says_so(tmp_path):
    found = StateFolder(tmp_path).open(port=4566)

    assert found.checkpoint_at is None
    assert told(tmp_path) == {"checkpoint_at": None, "clean": False}
    assert live(tmp_path) == {}


def test_newest_generation_is_brought_in_whole(tmp_path):
    folder = StateFolder(tmp_path)
    folder.write(states(sqs="old", sns="old"), checkpoint_at=NOON, port=4566)
    folder.write(states(sqs="new"), checkpoint_at=ONE, port=4566)

    folder.open(port=4566)

    assert live(tmp_path) == {"sqs": "new"}
    assert told(tmp_path)["checkpoint_at"] == ONE.isoformat()


def test_kill_in_the_middle_of_a_checkpoint_leaves_the_one_before(tmp_path):
    folder = StateFolder(tmp_path)
    folder.write(states(sqs="whole", sns="whole"), checkpoint_at=NOON, port=4566)

    with pytest.raises(Killed):
        folder.write(
            states(sqs="newer") | {"sns": killed_while_writing}, checkpoint_at=ONE, port=4566
        )
    StateFolder(tmp_path).open(port=4566)

    assert live(tmp_path) == {"sqs": "whole", "sns": "whole"}
    assert told(tmp_path)["checkpoint_at"] == NOON.isoformat()


def test_checkpoint_after_a_broken_one_leaves_no_trace_of_it(tmp_path):
    folder = StateFolder(tmp_path)
    with pytest.raises(Killed):
        folder.write({"sns": killed_while_writing}, checkpoint_at=NOON, port=4566)

    folder.write(states(sqs="new"), checkpoint_at=ONE, port=4566)

    assert [path.name for path in (tmp_path / "generations").iterdir()] == ["00000001"]


def test_folder_of_a_killed_process_is_not_clean(tmp_path):
    StateFolder(tmp_path).write(states(sqs="kept"), checkpoint_at=NOON, port=4566)
    (tmp_path / "in-use").touch()

    StateFolder(tmp_path).open(port=4566)

    assert told(tmp_path) == {"checkpoint_at": NOON.isoformat(), "clean": False}


def test_folder_left_in_order_is_clean(tmp_path):
    folder = StateFolder(tmp_path)
    folder.open(port=4566)
    folder.write(states(sqs="kept"), checkpoint_at=NOON, port=4566)
    folder.leave_in_order()

    StateFolder(tmp_path).open(port=4566)

    assert told(tmp_path)["clean"] is True


def test_folder_is_for_one_process_at_a_time(tmp_path):
    user = StateFolder(tmp_path)
    user.open(port=4566)

    with pytest.raises(FolderTaken):
        StateFolder(tmp_path).open(port=4567)
    user.leave_in_order()


def test_addresses_follow_the_port(tmp_path):
    folder = StateFolder(tmp_path)
    text = "http://localhost:4566/0/q http://127.0.0.1:4566/x http://localhost:9999/y"
    folder.write(states(sqs=text), checkpoint_at=NOON, port=4566)

    folder.open(port=5000)

    assert live(tmp_path)["sqs"] == (
        "http://localhost:5000/0/q http://127.0.0.1:5000/x http://localhost:9999/y"
    )
