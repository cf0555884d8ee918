"""What a bucket promises, held against local S3 and against the memory that stands in for it."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from extracted_services.sales_insights import store
from extracted_services.sales_insights.store import Gone, ManifestMoved, ObjectLake
from extracted_services.sales_insights.view import DataFile, Manifest
from tests.extracted_services.sales_insights.facts import (
    NOW,
    everything,
    land,
    land_and_merge,
    some_trade,
)
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects


@pytest.fixture(params=["memory", "s3"])
def objects(request):
    return InMemoryObjects() if request.param == "memory" else request.getfixturevalue("bucket")


def test_object_is_read_back(objects):
    objects.put("landing/a", b"one")
    objects.put("landing/a", b"two")

    assert objects.get("landing/a")[0] == b"two"


def test_what_is_not_there_is_gone(objects):
    with pytest.raises(Gone):
        objects.get("landing/none")


def test_object_is_replaced_by_whoever_read_it_last(objects):
    objects.replace("manifest.json", b"one", None)
    _, token = objects.get("manifest.json")
    objects.replace("manifest.json", b"two", token)

    for stale in (None, token):
        with pytest.raises(ManifestMoved):
            objects.replace("manifest.json", b"three", stale)

    assert objects.get("manifest.json")[0] == b"two"


def test_token_of_what_was_taken_away_replaces_nothing(objects):
    objects.replace("manifest.json", b"one", None)
    _, token = objects.get("manifest.json")
    objects.delete(["manifest.json"])

    with pytest.raises(ManifestMoved):
        objects.replace("manifest.json", b"two", token)


def test_keys_are_listed_in_their_order_and_no_more_than_asked_for(objects):
    for key in ("landing/c", "landing/a", "events/x", "landing/b"):
        objects.put(key, b"")

    assert objects.list("landing/", 2) == ["landing/a", "landing/b"]
    assert objects.list("landing/", 9) == ["landing/a", "landing/b", "landing/c"]
    assert objects.list("nothing/", 9) == []


def test_more_objects_go_than_one_request_can_name(objects):
    for number in range(1_003):
        objects.put(f"landing/{number:04}", b"")

    objects.delete([f"landing/{number:04}" for number in range(1_002)])
    objects.delete(["landing/never-was"])

    assert objects.list("landing/", 9) == ["landing/1002"]


def test_manifest_is_read_back_whole(objects, tmp_path):
    lake = ObjectLake(objects, tmp_path)
    file = DataFile(key="events/k", table="t", day="2025-03-10", rows=3, size_bytes=9)
    manifest = Manifest(files=(file,), recorded_until=NOW)

    _, token = lake.read_manifest()
    lake.replace_manifest(manifest, token)

    assert lake.read_manifest()[0] == manifest


def test_lake_answers_the_same_from_a_bucket_and_from_memory(bucket, engine, tmp_path):
    trade = some_trade()
    in_bucket = ObjectLake(bucket, tmp_path / "bucket")
    in_memory = ObjectLake(InMemoryObjects(), tmp_path / "memory")

    land_and_merge(in_bucket, engine, *trade[:5])
    land(in_bucket, *trade[4:])
    land(in_memory, *trade)

    assert everything(in_bucket, engine) == everything(in_memory, engine)


def test_copies_of_what_is_gone_leave_the_disk(engine, tmp_path):
    lake = ObjectLake(InMemoryObjects(), tmp_path / "copies")
    reader = ObjectLake(lake._objects, tmp_path / "reader")
    land(lake, *some_trade()[:2])
    everything(reader, engine)

    land_and_merge(lake, engine, *some_trade()[2:])
    everything(reader, engine)

    copies = {path.name for path in (tmp_path / "reader").rglob("*.*") if path.is_file()}
    assert copies <= {key.rpartition("/")[2] for key in lake.read_manifest()[0].keys}


def test_page_of_questions_is_answered_from_one_survey(objects, tmp_path, engine, monkeypatch):
    lake = ObjectLake(objects, tmp_path, good_for=0.5)
    clock = 1_000.0
    monkeypatch.setattr(store, "time", Mock(time=lambda: clock))
    land(lake, *some_trade()[:2])

    first = lake.survey(10)
    land(lake, *some_trade()[2:])
    clock = 1_000.4
    again, anew = lake.survey(10), lake.survey(10, anew=True)
    clock = 1_001.0
    later = lake.survey(10)
    clock = 900.0
    after_the_clock_was_put_back = lake.survey(10)

    assert again is first
    assert len(first.landed) == 1
    assert len(anew.landed) == 2
    assert later is not anew
    assert after_the_clock_was_put_back is not later
