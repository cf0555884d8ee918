from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from event_contracts.catalogue import PriceChanged, ProductSoldOut
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NO_PRODUCT, product_stream
from extracted_services.catalogue_search.store import indexing, publishing
from extracted_services.catalogue_search.store.products import KEPT_BEFORE, MANIFEST, IndexDamaged
from extracted_services.read_models.answering import NotComplete
from tests.extracted_services.catalogue_search.gifts import NOON, listed

SWAPS = 25
READERS = 4


def test_nothing_is_answered_before_the_first_publication(service):
    with pytest.raises(NotComplete):
        service.answer("heart")


def test_what_is_published_is_found_at_the_next_look(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    assert service.found("heart") == ["RED"]
    service.hear(listed("BLUE HEART", "BLUE"), version=1)
    assert service.found("heart") == ["RED"]

    service.publish()

    assert service.found("heart") == ["BLUE", "RED"]
    assert service.answer("heart").as_of == 2


def test_newer_one_is_looked_for_once_a_second_at_most(service):
    service.hear(listed("RED HEART"), version=1)
    service.publish()
    looks = []
    get = service.bucket.get

    def noted(name):
        looks.append(name)
        return get(name)

    service.bucket.get = noted

    for _ in range(5):
        service.answer("heart")
    service.clock += publishing.CHECK_SECONDS
    service.answer("heart")

    assert looks == [MANIFEST, looks[1], MANIFEST]


def test_what_is_published_already_is_not_published_again(service):
    service.hear(listed("RED HEART"), version=1)

    first, second = service.publish(), service.publish()

    assert first == second
    assert len(service.bucket.objects) == 2


def test_index_of_another_form_is_built_anew(service, monkeypatch):
    service.hear(listed("RED HEART"), version=1)
    before = service.publish()
    monkeypatch.setattr(indexing, "FORM", indexing.FORM + 1)
    service.known = service.new_publisher()

    assert service.publish().index != before.index


def test_heartbeat_makes_a_manifest_and_no_index(service):
    service.hear(listed("RED HEART"), version=1)
    before = service.publish()
    beat(service, 1)
    beat(service, 2)

    after = service.publish()

    assert after.index == before.index
    assert after == service.publish()
    assert service.answer(stock_code=NO_PRODUCT).as_of == 2
    assert service.answer("heart").as_of == 1
    service.hear(listed("BLUE HEART"), version=1)
    service.publish()
    assert service.answer("heart").as_of == 2


def test_first_beat_of_all_is_published_with_an_index(service):
    beat(service, 1)

    manifest = service.publish()

    assert set(service.bucket.objects) == {MANIFEST, manifest.index}
    assert service.answer(stock_code=NO_PRODUCT).as_of == 1


def test_indices_out_of_use_are_removed_and_the_last_few_stay(service):
    for version in range(1, KEPT_BEFORE + 4):
        service.hear(listed("HEART", f"H{version}"), version=1)
        manifest = service.publish()

    assert set(service.bucket.objects) == {MANIFEST, manifest.index, *manifest.previous}
    assert len(manifest.previous) == KEPT_BEFORE


def test_catalogue_with_a_product_that_awaits_its_snapshot_is_not_searched(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.hear(ProductSoldOut(stock_code="OLD", sold_out_at=NOON), version=9)
    service.publish()

    with pytest.raises(NotComplete):
        service.answer("heart")
    with pytest.raises(NotComplete):
        service.answer(stock_code="OLD")
    assert service.found(stock_code="RED") == ["RED"]


def test_price_that_has_just_taken_over_is_not_hidden_by_the_one_before(service):
    now = datetime.now(UTC)
    service.hear(listed("RED HEART", "RED", price_pence=100), version=1)
    change = PriceChanged(
        stock_code="RED",
        old_price_pence=100,
        new_price_pence=900,
        effective_at=now - timedelta(seconds=1),
    )
    service.hear(change, version=2)
    service.publish(at=now - timedelta(seconds=2))

    with pytest.raises(NotComplete):
        service.answer("heart")
    service.publish(at=now)

    assert [product.price_pence for product in service.answer("heart").products] == [900]


def test_half_written_publication_is_never_seen(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    service.hear(listed("BLUE HEART", "BLUE"), version=1)
    put = service.bucket.put

    def fail_at_the_manifest(name, body):
        if name == MANIFEST:
            raise ConnectionError
        put(name, body)

    service.bucket.put = fail_at_the_manifest
    with pytest.raises(ConnectionError):
        service.publish()
    assert service.found("heart") == ["RED"]
    service.bucket.put = put
    service.publish()

    assert service.found("heart") == ["BLUE", "RED"]


def test_manifest_names_an_index_that_is_there_after_every_single_put(service):
    put, named = service.bucket.put, []

    def put_and_look(name, body):
        put(name, body)
        manifest = service.publication.find_manifest()
        named.append(manifest is None or manifest.index in service.bucket.objects)

    service.bucket.put = put_and_look
    for number in range(KEPT_BEFORE + 3):
        service.hear(listed("HEART", f"H{number}"), version=1)
        service.publish()

    assert len(named) == 2 * (KEPT_BEFORE + 3)
    assert all(named)


def test_damaged_index_is_refused_and_the_one_before_stays(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    assert service.found("heart") == ["RED"]
    service.hear(listed("BLUE HEART", "BLUE"), version=1)
    manifest = service.publish()
    service.bucket.objects[manifest.index] = service.bucket.objects[manifest.index][:-4096]

    assert service.found("heart") == ["RED"]
    assert list(service.folder.iterdir()) == []
    with pytest.raises(NotComplete):
        service.new_reader().current()
    with pytest.raises(IndexDamaged):
        service.publication.fetch(manifest, service.folder / "any")


def test_query_in_flight_finishes_on_its_version(service):
    service.hear(listed("RED HEART", "RED"), version=1)
    service.publish()
    in_flight = service.reader.current()
    service.hear(listed("BLUE HEART", "BLUE"), version=1)
    service.publish()

    assert service.found("heart") == ["BLUE", "RED"]
    assert in_flight.index.as_of == 1
    assert in_flight.index.match('"heart"') == [1]


def test_index_is_swapped_without_a_query_that_fails(service):
    """Several threads search while indices are swapped: each answer is one whole version's."""
    service.hear(listed("HEART", "H0"), version=1)
    service.publish()
    stop, wrong = threading.Event(), []

    def search():
        while not stop.is_set():
            try:
                page = service.answer("heart")
            except Exception as error:  # noqa: BLE001 - whatever fails is what is looked for
                wrong.append(repr(error))
                return
            # Every product is one stream at version 1: an answer of one state has equal numbers.
            if not page.as_of == page.total == page.available_count:
                wrong.append(f"{page.as_of} {page.total}")

    threads = [threading.Thread(target=search) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for number in range(1, SWAPS + 1):
        service.hear(listed("HEART", f"H{number}"), version=1)
        service.publish()
    stop.set()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert service.answer("heart").total == SWAPS + 1


def beat(service, version):
    event = HeartbeatSent(path="catalogue_search", sent_at=NOON)
    service.hear(event, version=version, stream=product_stream(NO_PRODUCT))


@pytest.mark.parametrize(("worked", "rests"), [(0.3, 0.6), (2.0, 4.0), (60.0, 5.0)])
def test_publisher_rests_longer_than_it_worked_but_not_for_long(worked, rests):
    assert publishing.rest_after(worked) == pytest.approx(rests)
