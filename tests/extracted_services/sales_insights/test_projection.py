from __future__ import annotations

import random
from dataclasses import dataclass, fields, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from event_contracts.customers import Contact
from event_contracts.ordering import (
    BasketLineAdded,
    CustomerOrdersSnapshotTaken,
    OrderRecord,
    ReturnedLine,
    ReturnRecord,
)
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NOBODY, customer_stream
from extracted_services.sales_insights import projection, store, view
from extracted_services.sales_insights.projection import READ_FOR, merge, merging
from extracted_services.sales_insights.store import Gone, ManifestMoved, ObjectLake
from extracted_services.sales_insights.view import (
    ATHENA,
    FILES,
    LANDING,
    OTHERS,
    TABLES,
    WHOLES,
    Partition,
    columns_of,
    row_of,
    shape_of,
    table_of,
)
from tests.event_contracts.examples import ENVELOPES
from tests.extracted_services.sales_insights.facts import (
    NOW,
    added,
    envelope,
    everything,
    land,
    land_and_merge,
    march,
    placed,
    rows,
    some_trade,
)
from tests.extracted_services.sales_insights.in_memory_objects import (
    InMemoryObjects,
    Mortal,
    PowerCut,
)

# Six files, five whole tables, the manifest and the six lists for Athena are put; what landed is
# taken away: 18 of them change anything in the merge that dies.
CHANGES = 18


def files_of(lake):
    return lake.read_manifest()[0].files


def test_every_day_of_every_table_becomes_one_file(lake, engine, objects):
    for event in some_trade():
        land(lake, event)

    merged = merge(lake, engine, now=NOW)

    places = [(file.table, file.day, file.rows) for file in files_of(lake)]
    assert places == [
        ("catalogue_price_changed_v1", "2025-03-11", 1),
        ("catalogue_product_listed_v1", "2025-03-01", 1),
        ("ordering_items_returned_v1", "2025-03-12", 1),
        ("ordering_order_cancelled_v1", "2025-03-11", 1),
        ("ordering_order_dispatched_v1", "2025-03-11", 1),
        ("ordering_order_placed_v1", "2025-03-10", 2),
        ("ordering_order_placed_v1", "2025-03-11", 1),
    ]
    assert (merged.landed, merged.rows, merged.files) == (8, 8, 7)
    assert objects.list(LANDING, 100) == []


def test_batch_delivered_again_lands_under_the_same_key(lake, objects):
    trade = some_trade()

    land(lake, *trade)
    land(lake, *reversed(trade))

    assert len(objects.list(LANDING, 100)) == 1


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_neither_order_nor_repetition_nor_the_moments_of_merging_matter(
    tmp_path_factory, engine, data
):
    trade = some_trade()
    once = ObjectLake(InMemoryObjects(), tmp_path_factory.mktemp("once"))
    land(once, *trade)
    often = ObjectLake(InMemoryObjects(), tmp_path_factory.mktemp("often"))
    deliveries = data.draw(st.permutations(trade + data.draw(st.lists(st.sampled_from(trade)))))

    while deliveries:
        size = data.draw(st.integers(1, 4))
        land(often, *deliveries[:size])
        deliveries = deliveries[size:]
        if data.draw(st.booleans()):
            merge(often, engine, now=NOW)

    assert everything(often, engine) == everything(once, engine)


def test_merging_again_what_is_in_the_files_changes_nothing(lake, engine):
    trade = some_trade()
    first = land_and_merge(lake, engine, *trade)
    before = files_of(lake)

    repeated = land_and_merge(lake, engine, *trade[2:])

    assert (first.rows, repeated.rows, repeated.files) == (len(trade), 0, 0)
    assert files_of(lake) == before


@pytest.mark.parametrize("changes", range(CHANGES + 1))
def test_death_between_any_two_steps_loses_nothing_and_counts_nothing_twice(
    tmp_path, engine, changes
):
    objects = InMemoryObjects()
    lake = ObjectLake(objects, tmp_path / "copies")
    trade = some_trade()
    land_and_merge(lake, engine, *trade[:3])
    land(lake, *trade[2:])
    expected = everything(lake, engine)

    try:
        merge(ObjectLake(Mortal(objects, changes), tmp_path / "mortal"), engine, now=NOW)
        has_died = False
    except PowerCut:
        has_died = True
    after_death = everything(lake, engine)
    merge(lake, engine, now=NOW)

    assert after_death == expected
    assert everything(lake, engine) == expected
    assert objects.list(LANDING, 100) == []
    assert has_died is (changes < CHANGES)


@pytest.mark.parametrize("step", ["list_landed", "read_landed", "read_manifest", "fetch"])
def test_reader_who_is_overtaken_by_a_merge_sees_everything_once(
    lake, engine, objects, tmp_path, step
):
    trade = some_trade()
    land_and_merge(lake, engine, *trade[:3])
    land(lake, *trade[2:])
    expected = rows(lake, engine, "takings_by_day")
    reader = ObjectLake(objects, tmp_path / "reader")
    usual = getattr(reader, step)
    overtaken: list[projection.Merged] = []

    def merged_meanwhile(*asked):
        found = usual(*asked)
        if not overtaken:
            overtaken.append(merge(lake, engine, now=NOW))
        return found

    setattr(reader, step, merged_meanwhile)

    with store.engine() as own:
        assert rows(reader, own, "takings_by_day") == expected
    assert [merged.landed for merged in overtaken] == [1]


def test_of_two_merges_at_once_one_gives_way(lake, engine, objects, tmp_path):
    land(lake, *some_trade())

    class Slow(ObjectLake):
        def store(self, path, key):
            super().store(path, key)
            if files_of(lake) == ():
                merge(lake, engine, now=NOW)

    with pytest.raises(ManifestMoved):
        merge(Slow(objects, tmp_path / "slow"), engine, now=NOW)

    assert len(rows(lake, engine, "takings_by_day")) == 3


def test_full_file_is_left_alone_and_still_keeps_its_events_from_coming_twice(lake, engine):
    first, second = (
        placed("A", 1, march(10), ("JAR", 1, 1)),
        placed("B", 2, march(10), ("JAR", 1, 1)),
    )
    land_and_merge(lake, engine, first)
    (full,) = files_of(lake)

    land(lake, first, second)
    merge(lake, engine, now=NOW, full_bytes=full.size_bytes)

    assert [file.rows for file in files_of(lake)] == [1, 1]
    assert full in files_of(lake)


def test_small_table_is_kept_whole_and_a_table_that_has_grown_is_not(
    lake, engine, objects, monkeypatch
):
    monkeypatch.setattr(merging, "MOST_HELD_BYTES", 2**20)
    trade = some_trade()
    land_and_merge(lake, engine, *trade)

    for whole in lake.read_manifest()[0].wholes:
        counted = [file.rows for file in files_of(lake) if file.table == whole.table]
        kept = view.rows_of(lake, [whole], whole.table)
        assert engine.execute(f"SELECT count(*) FROM ({kept})").fetchone() == (sum(counted),)
    assert {whole.table for whole in lake.read_manifest()[0].wholes} == {
        file.table for file in files_of(lake)
    }

    monkeypatch.setattr(merging, "MOST_HELD_BYTES", 0)
    merge(lake, engine, now=NOW + READ_FOR)
    assert lake.read_manifest()[0].wholes == ()
    merge(lake, engine, now=NOW + 3 * READ_FOR)
    assert objects.list(WHOLES, 100) == []


def test_lake_that_was_merged_before_tables_were_kept_whole_gets_them(lake, engine, monkeypatch):
    monkeypatch.setattr(merging, "MOST_HELD_BYTES", 0)
    land_and_merge(lake, engine, *some_trade())
    expected = everything(lake, engine)

    monkeypatch.setattr(merging, "MOST_HELD_BYTES", 2**20)
    merge(lake, engine, now=NOW)

    assert len(lake.read_manifest()[0].wholes) == len({file.table for file in files_of(lake)})
    assert everything(lake, engine) == expected


def test_replaced_file_stays_for_whoever_reads_it_and_goes_in_the_end(lake, engine, objects):
    land_and_merge(lake, engine, placed("A", 1, march(10), ("JAR", 1, 1)), now=NOW)
    land_and_merge(lake, engine, placed("B", 2, march(10), ("JAR", 1, 1)), now=NOW)
    merge(lake, engine, now=NOW + READ_FOR)
    kept = objects.list(FILES, 100)

    merge(lake, engine, now=NOW + READ_FOR + timedelta(seconds=1))

    assert len(kept) == 2
    assert objects.list(FILES, 100) == [file.key for file in files_of(lake)]
    assert lake.read_manifest()[0].replaced == ()


def test_athena_is_told_the_files_of_every_partition(lake, engine, objects):
    land_and_merge(lake, engine, *some_trade())

    told = {key: objects.objects[key].decode() for key in objects.list(ATHENA, 100)}

    assert told == {
        f"athena/{file.table}/day={file.day}/files": f"s3://lake/{file.key}\n"
        for file in files_of(lake)
    }


def forget_columns():
    columns_of.cache_clear()
    shape_of.cache_clear()


def test_event_with_a_field_more_is_read_beside_those_without_it(lake, engine, monkeypatch):
    land_and_merge(lake, engine, added(3, 1, march(9), "HEART"), added(1, 1, march(10), "HEART"))
    table = table_of("ordering.basket_line_added.v1")

    @dataclass(frozen=True, kw_only=True)
    class WithChannel(BasketLineAdded):
        channel: str = "web"

    monkeypatch.setitem(view.tables._CLASSES, table, WithChannel)
    forget_columns()
    newer = added(1, 2, march(10, 13), "JAR")
    known = {field.name: getattr(newer.data, field.name) for field in fields(newer.data)}
    land(lake, replace(newer, data=WithChannel(**known, channel="app")))
    next_day = added(2, 1, march(11), "JAR")
    known = {field.name: getattr(next_day.data, field.name) for field in fields(next_day.data)}
    land(lake, replace(next_day, data=WithChannel(**known, channel="shop")))
    try:
        before = rows(lake, engine, "baskets_by_day")
        merge(lake, engine, now=NOW)

        kept = view.rows_of(lake, files_of(lake), table)
        channels = engine.execute(f"SELECT channel FROM ({kept}) ORDER BY occurred_at").fetchall()
        assert channels == [(None,), (None,), ("app",), ("shop",)]
        assert [file.shape == shape_of(table) for file in files_of(lake)] == [False, True, True]
        assert before == rows(lake, engine, "baskets_by_day")
        assert [day for day, *_ in before] == ["2025-03-09", "2025-03-10", "2025-03-11"]
    finally:
        forget_columns()


def test_column_is_there_before_any_file_has_it(engine, tmp_path, lake):
    land_and_merge(lake, engine, added(1, 1, march(10), "HEART"))
    (path,) = lake.fetch(files_of(lake))
    old = tmp_path / "old.parquet"
    engine.execute(f"COPY (SELECT * EXCLUDE (quantity) FROM '{path}') TO '{old}'")

    table = table_of("ordering.basket_line_added.v1")
    found = engine.execute(f"SELECT quantity FROM ({view.file_rows([], table, older=[old])})")

    assert found.fetchall() == [(None,)]


@pytest.mark.parametrize("event_type", sorted(ENVELOPES.keys() - {"strangler.heartbeat_sent.v1"}))
def test_event_of_every_type_can_be_kept_and_read_back(engine, lake, event_type):
    event = ENVELOPES[event_type]

    land_and_merge(lake, engine, event)

    table = table_of(event_type)
    (path,) = lake.fetch([file for file in files_of(lake) if file.table == table])
    found = engine.execute(
        f"SELECT event_id, event_type, stream, version FROM ({view.file_rows([path], table)})"
    )
    assert found.fetchall() == [(str(event.event_id), event_type, event.stream, event.version)]


def test_event_that_nobody_asks_about_still_has_its_version(lake, engine):
    beat = HeartbeatSent(path="sales_insights", sent_at=NOW)
    event = envelope(customer_stream(NOBODY), 7, beat, NOW)

    assert row_of(replace(event, data=None)).place == Partition(table=OTHERS, day="2025-04-01")


def test_names_of_fields_never_hide_the_envelope():
    for table in TABLES:
        names = [name for name, _ in columns_of(table)]

        assert len(names) == len(set(names)), table


def test_many_small_batches_come_out_as_few_files(lake, engine):
    trade = [
        placed(f"N{number}", number, march(10 + number % 3), ("JAR", 1, 500))
        for number in range(1, 61)
    ]
    random.Random(7).shuffle(trade)

    for first in range(0, 60, 5):
        land(lake, *trade[first : first + 5])
        if first % 15 == 0:
            merge(lake, engine, now=NOW)
    merge(lake, engine, now=NOW)

    assert [(file.day, file.rows) for file in files_of(lake)] == [
        ("2025-03-10", 20),
        ("2025-03-11", 20),
        ("2025-03-12", 20),
    ]


def test_object_that_is_gone_is_not_taken_for_an_empty_one(lake):
    with pytest.raises(Gone):
        lake.read_landed(["landing/none.jsonl"])


def test_merge_takes_in_no_more_than_it_can_hold(lake, engine, monkeypatch, objects):
    monkeypatch.setattr(merging, "MOST_LANDED", 2)
    for event in some_trade()[:3]:
        land(lake, event)

    assert merge(lake, engine, now=NOW).landed == 2
    assert len(objects.list(LANDING, 100)) == 1


def snapshot(*orders, version, customer=1, at=NOW):
    event = CustomerOrdersSnapshotTaken(customer_id=customer, orders=orders)
    return envelope(customer_stream(customer), version, event, at)


def record_of(event, **became):
    known = {name: getattr(event.data, name) for name in ("order_number", "placed_at", "country")}
    return OrderRecord(**known, lines=event.data.lines, status="placed", **became)


def test_snapshot_tells_what_no_event_told_and_nothing_twice(lake, engine):
    trade = some_trade()
    told_by_events = ObjectLake(InMemoryObjects(), lake._folder / "events")
    land(told_by_events, *trade)
    first, fourth = trade[1], trade[6]
    whole = snapshot(
        record_of(
            first,
            dispatched_at=march(11, 10, 59),
            returns=(
                ReturnRecord(
                    credit_note_number="CN1",
                    returned_at=march(12, 23, 59),
                    lines=(ReturnedLine(stock_code="HEART", quantity=1, refund_pence=200),),
                    refund_pence=200,
                ),
            ),
        ),
        record_of(fourth),
        version=4,
    )
    other = snapshot(record_of(trade[2], cancelled_at=march(11)), version=2, customer=2)

    land_and_merge(lake, engine, trade[0], whole, trade[5])
    land(lake, other, *trade[1:4])
    from_snapshots = everything(lake, engine)
    merge(lake, engine, now=NOW)

    assert from_snapshots == everything(told_by_events, engine)
    assert everything(lake, engine) == from_snapshots


@pytest.mark.parametrize("event_type", sorted(ENVELOPES))
def test_nothing_that_identifies_a_person_is_kept(event_type, objects, lake):
    event = ENVELOPES[event_type]
    if hasattr(event.data, "guest_contact"):
        contact = Contact(email="guest@example.com", name="Gwen Guest")
        event = replace(event, data=replace(event.data, guest_contact=contact))

    land(lake, event)

    kept = " ".join(content.decode() for content in objects.objects.values())
    assert "@" not in kept
    assert "Gwen" not in kept
    columns = {name for table in TABLES for name, _ in columns_of(table)}
    assert not columns & {"guest_contact", "contact", "email", "recipient", "address"}
