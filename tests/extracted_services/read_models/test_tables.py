"""What every table of copies does: the one in memory is held to DynamoDB's here."""

from __future__ import annotations

import pytest

from extracted_services.read_models import tables
from extracted_services.read_models.items import Copy, Put, Span, Update, number
from extracted_services.read_models.projecting import Changes, Decision, Head, Outcome
from extracted_services.read_models.stores import ReadModelStore
from extracted_services.read_models.tables import HeadMoved, RowMissing

KEY = "17850"


def row(name, **values):
    return Put(row=f"row#{name:04}", values={key: number(value) for key, value in values.items()})


def fill(table, *writes, as_of=1, key=KEY):
    table.write(key, writes, expected=None, head=Head(as_of=as_of))


def kept(table, key=KEY, **span):
    """Give what is kept, by the number in its row's name."""
    return {
        int(item["row"]["S"].removeprefix("row#")): {
            name: int(value["N"])
            for name, value in item.items()
            if name not in ("row", "customer_id")
        }
        for item in table.rows(key, Span(**span))
    }


def test_unknown_stream_has_no_head_and_no_rows(table):
    fill(table, row(1, pence=5), key="another")

    assert table.find_head(KEY) is None
    assert table.find_row(KEY, "row#0001") is None
    assert table.read(KEY) == Copy(head=None)
    assert kept(table) == {}


@pytest.mark.parametrize(
    "head",
    [
        Head(as_of=1),
        Head(as_of=3, awaiting_snapshot=True),
        Head(as_of=12, replacing="an-event-id"),
    ],
)
def test_head_is_found_as_it_was_written(table, head):
    table.write(KEY, [], expected=None, head=head)

    assert table.find_head(KEY) == head
    assert table.read(KEY) == Copy(head=head)


def test_row_is_found_by_its_name_and_among_all(table):
    fill(table, row(1, pence=5), row(2, pence=6))

    found = table.find_row(KEY, "row#0002")

    assert found["pence"] == number(6)
    assert table.read(KEY).rows[1] == found
    assert table.find_row(KEY, "row#0003") is None


def test_rows_of_a_span_are_read_in_order_and_against_it(table):
    fill(table, *(row(name) for name in (3, 1, 4, 2, 5)))

    assert list(kept(table)) == [1, 2, 3, 4, 5]
    assert list(kept(table, low="row#0002", high="row#0004")) == [2, 3, 4]
    assert list(kept(table, low="row#0002", backwards=True, at_once=2)) == [5, 4, 3, 2]
    assert list(kept(table, low="row#0004", high="row#0004")) == [4]


@pytest.mark.parametrize(
    "stale",
    [None, Head(as_of=1), Head(as_of=2, awaiting_snapshot=True), Head(as_of=2, replacing="x")],
)
def test_changes_decided_on_another_head_are_refused_whole(table, stale):
    fill(table, row(1), as_of=2)

    with pytest.raises(HeadMoved):
        table.write(KEY, [row(2)], expected=stale, head=Head(as_of=3))

    assert table.find_head(KEY) == Head(as_of=2)
    assert list(kept(table)) == [1]


def test_changes_to_an_awaiting_head_expect_exactly_that(table):
    awaiting = Head(as_of=2, awaiting_snapshot=True)
    table.write(KEY, [], expected=None, head=awaiting)

    with pytest.raises(HeadMoved):
        table.write(KEY, [], expected=Head(as_of=2), head=Head(as_of=3))

    table.write(KEY, [], expected=awaiting, head=Head(as_of=2))
    assert table.find_head(KEY) == Head(as_of=2)


def test_update_changes_only_what_it_names(table):
    fill(table, row(1, pence=5, pieces=2), row(2, pence=7))
    update = Update(row="row#0001", values={"pence": number(9), "name": number(1)})

    table.write(KEY, [update], expected=Head(as_of=1), head=Head(as_of=2))

    assert kept(table) == {1: {"pence": 9, "pieces": 2, "name": 1}, 2: {"pence": 7}}


def test_row_put_again_is_replaced_whole(table):
    fill(table, row(1, pence=5, pieces=2))

    table.write(KEY, [row(1, pence=9)], expected=Head(as_of=1), head=Head(as_of=2))

    assert kept(table) == {1: {"pence": 9}}


def test_update_of_a_missing_row_is_refused_whole(table):
    fill(table, row(1, pence=5))
    changes = [row(3), Update(row="row#0002", values={"pence": number(1)})]

    with pytest.raises(RowMissing):
        table.write(KEY, changes, expected=Head(as_of=1), head=Head(as_of=2))

    assert table.find_head(KEY) == Head(as_of=1)
    assert kept(table) == {1: {"pence": 5}}


@pytest.mark.parametrize("count", [0, 1, 98, 99, 100, 250])
@pytest.mark.parametrize("before", [0, 3, 120])
def test_replacement_leaves_only_its_own_rows(table, before, count):
    old = [row(name, pence=1) for name in range(1, before + 1)]
    table.write(KEY, old, expected=None, head=Head(as_of=1), replacement="first")
    new = [row(name, pence=4) for name in range(3, 3 + count)]

    table.write(KEY, new, expected=Head(as_of=1), head=Head(as_of=4), replacement="second")

    assert table.find_head(KEY) == Head(as_of=4)
    assert kept(table) == {name: {"pence": 4} for name in range(3, 3 + count)}


@pytest.mark.parametrize("count", [1, 250])
def test_replacement_decided_on_another_head_changes_nothing(table, count):
    fill(table, row(1, pence=1), as_of=2)
    new = [row(name, pence=4) for name in range(1, 1 + count)]

    with pytest.raises(HeadMoved):
        table.write(KEY, new, expected=None, head=Head(as_of=4), replacement="snapshot")

    assert table.find_head(KEY) == Head(as_of=2)
    assert kept(table) == {1: {"pence": 1}}


@pytest.mark.platform
def test_large_rows_are_replaced_in_steps_that_dynamodb_takes(dynamodb_table, dynamodb):
    sizes = []
    dynamodb.meta.events.register(
        "before-call.dynamodb.TransactWriteItems",
        lambda params, **_: sizes.append(len(params["body"])),
    )
    rows = [Put(row=f"row#{each}", values={"text": {"S": "x" * 390_000}}) for each in range(25)]

    dynamodb_table.write(KEY, rows, expected=None, head=Head(as_of=4), replacement="snapshot")

    assert len(dynamodb_table.read(KEY).rows) == 25
    assert max(sizes) < 1.01 * tables.LARGEST_TRANSACTION_BYTES


def test_every_copy_is_listed_once(table, monkeypatch):
    monkeypatch.setattr(tables, "SCANNED_AT_ONCE", 2)
    for key in range(5):
        rows = [row(1), row(2)] if key % 2 else []
        head = Head(as_of=1, awaiting_snapshot=key == 4)
        table.write(str(key), rows, expected=None, head=head)

    keys, following = table.list_keys(None)
    while following:
        more, following = table.list_keys(following)
        keys += more

    assert sorted(keys) == ["0", "1", "2", "3", "4"]


def test_nothing_is_listed_of_an_empty_table(table):
    assert table.list_keys(None) == ([], None)


def test_list_goes_on_from_nowhere_else(table):
    with pytest.raises(ValueError, match="not a place in the list: 'nowhere'"):
        table.list_keys("nowhere")


@pytest.fixture
def store(table):
    return ReadModelStore(table, spell=lambda each: each)


def decision(head, as_of, *rows):
    changes = Changes(key=KEY, expected=head, head=Head(as_of=as_of), rows=rows)
    return Decision(Outcome.APPLIED, changes)


def test_settled_decision_is_written(store):
    store.settle(KEY, lambda head: decision(head, 1, row(7)))

    assert store.find_head(KEY) == Head(as_of=1)
    assert list(kept(store.table)) == [7]


def test_decision_without_changes_writes_nothing(store):
    store.settle(KEY, lambda _: Decision(Outcome.IGNORED))

    assert store.find_head(KEY) is None


def test_decision_is_taken_again_when_another_was_faster(store):
    heads = []

    def decide(head):
        heads.append(head)
        if head is None:
            fill(store.table, row(1), as_of=1)
        return decision(head, 2)

    store.settle(KEY, decide)

    assert heads == [None, Head(as_of=1)]
    assert store.find_head(KEY) == Head(as_of=2)


def test_deciding_is_given_up_when_others_are_always_faster(store):
    heads = []

    def decide(head):
        heads.append(head)
        store.write(decision(head, len(heads)).changes)
        return decision(head, len(heads))

    with pytest.raises(HeadMoved):
        store.settle(KEY, decide)

    assert len(heads) == 5
