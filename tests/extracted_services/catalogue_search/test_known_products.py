"""What a publisher remembers is what the table holds, whoever else publishes, dies or is late."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_contracts.catalogue import ProductBecameAvailable, ProductSoldOut
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NO_PRODUCT, product_stream
from extracted_services.catalogue_search.store import known_products
from extracted_services.catalogue_search.store.products import Changing, WakeUp
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.projecting import Head
from tests.extracted_services.catalogue_search.gifts import NOON, Service, listed

CODES = ("BLUE", "GREEN", "RED")


@pytest.fixture
def whole_reads(service, monkeypatch):
    """Count how often the whole table is read."""
    reads: list[None] = []
    read = service.store.read_products

    def noted():
        reads.append(None)
        return read()

    monkeypatch.setattr(service.store, "read_products", noted)
    return reads


def beat(service, version):
    event = HeartbeatSent(path="catalogue_search", sent_at=NOON)
    service.hear(event, version=version, stream=product_stream(NO_PRODUCT))


def sold_out(service, code, version):
    service.hear(ProductSoldOut(stock_code=code, sold_out_at=NOON), version=version)


def test_table_is_read_whole_once_and_then_what_has_changed(service, whole_reads):
    for code in CODES:
        service.hear(listed(f"{code} HEART", code), version=1)
        service.publish()
    sold_out(service, "RED", 2)
    service.publish()

    assert len(whole_reads) == 1
    assert service.answer("heart").as_of == 4
    assert service.answer("heart").available_count == 2


def test_beat_reads_nothing_else(service, whole_reads, monkeypatch):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    find, asked = service.store.find_product, []

    def noted(code):
        asked.append(code)
        return find(code)

    monkeypatch.setattr(service.store, "find_product", noted)

    beat(service, 1)
    service.publish()

    assert (len(whole_reads), asked) == (1, [NO_PRODUCT])


def test_what_another_publisher_has_heard_of_is_not_lost(service):
    """Its wake-ups never came here: only the name of its index tells that there were any."""
    other = service.new_publisher()
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    service.hear(listed("BLUE HEART", "BLUE"), version=1)
    service.publish(service.wake_up(), known=other)
    service.hear(listed("GREEN HEART", "GREEN"), version=1)

    service.publish()

    assert service.found("heart") == ["BLUE", "GREEN", "RED"]


def test_beat_never_goes_back_to_what_this_publisher_heard_of(service):
    other = service.new_publisher()
    service.hear(listed("RED HEART", "RED"), version=1)
    beat(service, 1)
    service.publish()
    beat(service, 2)
    service.publish(service.wake_up(), known=other)
    sold_out(service, "RED", 2)

    service.publish()

    assert service.answer(stock_code=NO_PRODUCT).as_of == 2


def test_beat_is_not_taken_before_what_was_heard_before_it(service):
    """Both the second beat and the change before it are in the table: neither was told yet."""
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    beat(service, 1)
    first = service.wake_up()
    sold_out(service, "RED", 2)
    product = service.wake_up()
    beat(service, 2)
    second = service.wake_up()

    seen = []
    for wake_up in (first, product, second):
        service.publish(wake_up)
        seen.append((service.answer(stock_code=NO_PRODUCT).as_of, service.answer("heart").as_of))

    assert seen == [(1, 1), (1, 2), (2, 2)]


def test_many_changes_are_read_at_one_go_and_not_once_more(service, whole_reads):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    late = []
    for number in range(known_products.MOST_ONE_BY_ONE + 1):
        service.hear(listed("HEART", f"H{number}"), version=1)
        late.append(service.wake_up())
    service.now += known_products.CLOCKS_DIFFER_SECONDS + 1

    once = service.publish(*late)
    again = service.publish(*late)

    assert len(whole_reads) == 2
    assert again == once
    assert service.answer("heart").total == len(late) + 1


def test_wake_up_of_a_clock_that_is_behind_is_heeded(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    sold_out(service, "RED", 2)
    sent_at = service.now - known_products.CLOCKS_DIFFER_SECONDS + 1

    service.publish(WakeUp(sent_at=sent_at, versions={"RED": 2}))

    assert service.answer("heart").available_count == 0


def test_what_changed_without_an_event_is_noticed_in_time(service):
    for code in CODES:
        service.hear(listed(f"{code} HEART", code), version=1)
    service.publish()
    service.table.heads.clear()
    service.table.copies.clear()

    service.publish()
    assert service.answer("heart").total == 3
    service.now += known_products.READ_ANEW_SECONDS + 1
    service.publish()

    assert service.answer("heart").total == 0


def test_table_that_was_lost_has_heard_of_no_beat(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    beat(service, 7)
    service.publish()
    service.table.heads.clear()
    service.table.copies.clear()
    service.bucket.objects.clear()
    service.hear(listed("BLUE HEART", "BLUE"), version=1)

    assert service.publish().beat == 0


def test_product_that_does_not_hold_still_is_read_when_it_is_asked_for_again(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    sold_out(service, "RED", 2)
    head = service.table.heads["RED"]
    service.table.heads["RED"] = Head(as_of=1)

    with pytest.raises(Changing):
        service.publish()
    service.table.heads["RED"] = head
    service.publish()

    assert service.answer("heart").available_count == 0


def test_product_that_awaits_its_snapshot_makes_the_catalogue_incomplete(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    sold_out(service, "OLD", 9)
    service.publish()

    with pytest.raises(NotComplete):
        service.answer("heart")


@dataclass
class Told:
    """What was in the table when a beat was heard."""

    beats: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    before: dict[int, dict[str, int]] = field(default_factory=lambda: {0: {}})


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from(CODES)),
        st.tuples(st.just("beat"), st.just("")),
        st.tuples(st.just("ask"), st.just("")),
        st.tuples(st.sampled_from(("publish", "fail", "die")), st.sampled_from("AB")),
    ),
    max_size=40,
)


@given(ACTIONS)
@settings(deadline=None)
def test_index_says_what_the_table_holds_and_no_beat_comes_before_what_it_stands_behind(actions):
    with tempfile.TemporaryDirectory() as folder:
        service, told = Service(Path(folder)), Told()
        publishers = {name: service.new_publisher() for name in "AB"}
        queue: list[WakeUp] = []
        for action, who in [*actions, ("ask", ""), ("publish", "A"), ("beat", ""), ("ask", "")]:
            service.now += 1
            if action == "change":
                _change(service, told, who)
            elif action == "beat":
                told.beats += 1
                beat(service, told.beats)
                told.before[told.beats] = dict(told.versions)
            elif action == "ask":
                queue.append(service.wake_up())
            elif action == "die":
                publishers[who] = service.new_publisher()
            elif queue:
                _publish(service, publishers[who], queue, is_failing=action == "fail")
                _hold(service, told)
        service.publish(*queue, known=publishers["B"])
        _hold(service, told)
        for code, version in told.versions.items():
            assert service.answer(stock_code=code).as_of == version
        assert service.answer(stock_code=NO_PRODUCT).as_of == told.beats


def _change(service, told, code):
    version = told.versions[code] = told.versions.get(code, 0) + 1
    if version == 1:
        service.hear(listed(f"{code} HEART", code), version=1)
    elif version % 2:
        event = ProductBecameAvailable(stock_code=code, available_at=NOON)
        service.hear(event, version=version)
    else:
        sold_out(service, code, version)


def _publish(service, known, queue, *, is_failing):
    """Publish what waits; of what fails, nothing is taken off the queue."""
    put = service.bucket.put
    if is_failing:
        service.bucket.put = _fail
    try:
        service.publish(*queue, known=known)
        queue.clear()
    except ConnectionError:
        pass
    finally:
        service.bucket.put = put


def _fail(_name, _body):
    raise ConnectionError


def _hold(service, told):
    manifest = service.publication.find_manifest()
    if manifest is None:
        return
    for code, version in told.before[manifest.beat].items():
        assert service.answer(stock_code=code).as_of >= version
