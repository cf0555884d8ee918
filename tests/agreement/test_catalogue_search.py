"""The agreement law for the search: same products, same counts, nearly the same order.

Real operations on real PostgreSQL on one side; on the other the service's own projection, index and
queries, fed with the texts that the outbox would publish, duplicated and reordered.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from event_contracts.catalogue_search import (
    PRICE_BANDS,
    SORT_ORDERS,
    CatalogueSearchQuery,
    text_of,
    words_of,
)
from event_contracts.codec import decode
from extracted_services.catalogue_search import handlers, queries
from extracted_services.lambda_support.stemming import stem
from extracted_services.read_models.answering import NotComplete
from monolith.catalogue import migration_paths, operations
from monolith.catalogue.legacy import LegacyProduct, load_products
from monolith.catalogue.queries import CountedTrade, list_stock_codes, search_catalogue
from monolith.outbox import recording
from monolith.strangler.backfill.snapshots import record_snapshots
from tests.agreement.delivering import (
    deliver,
    disorders,
    published,
    relaxed,
    survivors_of,
    undone,
    with_duplicates,
)
from tests.extracted_services.catalogue_search.gifts import Service
from tests.factories import NOON

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

LEGACY = ("L1", "L2", "L3")
COUNTRIES = ("EIRE", "France", "United Kingdom")
WORDS = [
    *("white", "hanging", "heart", "lantern", "metal", "party", "bunting", "red", "mug", "mugs"),
    *("tea", "teapot", "cake", "stand", "of", "and", "the", "t-light", "retro", "retrospot"),
    *("café", "possibly", "wobbly", "3", "set", "85123a"),
]
REFUSALS = (
    operations.PriceUnchanged,
    operations.ProductAlreadyListed,
    operations.ProductNotFound,
    operations.StockWouldBeNegative,
)

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
which = st.integers(0, 5)
commands = st.lists(
    st.one_of(
        st.tuples(st.just("list"), which, texts, st.integers(1, 2_000), st.integers(0, 2)),
        st.tuples(st.just("price"), which, st.integers(1, 2_000)),
        st.tuples(st.just("stock"), which, st.integers(-2, 2)),
        st.tuples(st.just("count"), which, st.integers(0, 9), st.sets(st.sampled_from(COUNTRIES))),
        st.tuples(st.just("snapshot"), which),
    ),
    min_size=1,
    max_size=14,
)
typed = st.one_of(
    st.lists(
        st.one_of(
            st.sampled_from(WORDS),
            st.sampled_from(["or", "-red", '"cake stand"', "lanturn", "hart", "te", "zzz", '"']),
            st.text(alphabet='aet "-3é', max_size=5),
        ),
        max_size=4,
    ).map(" ".join)
)
questions = st.builds(
    CatalogueSearchQuery,
    words=typed,
    price_band=st.sampled_from([None, *(band.name for band in PRICE_BANDS)]),
    available_only=st.booleans(),
    popular_in=st.sampled_from([None, *COUNTRIES]),
    sort=st.sampled_from(SORT_ORDERS),
    page=st.integers(1, 2),
    page_size=st.sampled_from([2, 24]),
)
relaxed = settings(relaxed, max_examples=60)


@relaxed
@given(commands=commands, asked=st.lists(questions, min_size=3, max_size=6), disorder=disorders)
def test_in_order_with_duplicates_the_service_finds_what_the_monolith_finds(
    tmp_path, commands, asked, disorder
):
    with a_shop(tmp_path) as shop:
        shop.backfill()
        shop.carry_out(commands)

        for text in with_duplicates(published(), disorder):
            handlers.project(decode(text), kept_in=shop.service.store)
        shop.service.publish()

        for query in asked:
            shop.must_agree(query)
        shop.must_agree_about_every_product()


@relaxed
@given(commands=commands, disorder=disorders)
def test_in_any_order_the_service_never_answers_what_was_never_true(tmp_path, commands, disorder):
    with a_shop(tmp_path) as shop:
        shop.carry_out(commands)
        waiting = with_duplicates(published(), disorder)
        disorder.shuffle(waiting)

        for text in [*waiting, *waiting]:
            shop.deliver(text)
        shop.service.publish()

        for stock_code in list_stock_codes():
            answer = shop.find_answer(CatalogueSearchQuery(stock_code=stock_code))
            assert answer is None or answer == shop.answers[stock_code, answer.as_of]


@relaxed
@given(commands=commands, asked=st.lists(questions, min_size=3, max_size=3), disorder=disorders)
def test_a_backfill_heals_whatever_was_lost(tmp_path, commands, asked, disorder):
    with a_shop(tmp_path) as shop:
        shop.carry_out(commands)
        for text in survivors_of(published(), disorder):
            shop.deliver(text)

        sent = len(published())
        shop.backfill()
        for text in published()[sent:]:
            shop.deliver(text)
        shop.service.publish()

        for query in asked:
            shop.must_agree(query)
        shop.must_agree_about_every_product()


@settings(relaxed, max_examples=20)
@given(commands=commands, asked=st.lists(questions, min_size=3, max_size=6))
def test_read_model_that_was_dropped_is_built_anew_and_is_equal(tmp_path, commands, asked):
    with a_shop(tmp_path) as shop:
        shop.carry_out(commands)
        shop.fill()
        before = [shop.find_answer(query) for query in asked]

        shop.service = Service(tmp_path)
        shop.fill()

        assert [shop.find_answer(query) for query in asked] == before


near_words = st.text(alphabet="aehrt", min_size=3, max_size=6)


@relaxed
@given(known=st.lists(near_words, min_size=1, max_size=12), asked=st.lists(near_words, min_size=5))
@example(known=["hare", "heart", "hatch"], asked=["hart"])
@example(known=["ath", "aterh"], asked=["atr"])  # 2/6 and 2/8: exactly three quarters of it
def test_both_sides_take_a_word_that_nothing_has_for_the_same_ones(tmp_path, known, asked):
    with a_shop(tmp_path) as shop:
        shop.carry_out([("list", number, word, 100, 1) for number, word in enumerate(known)])
        shop.fill()

        for word in asked:
            shop.must_agree(CatalogueSearchQuery(words=word))


alike_words = st.sampled_from(["teapot", "teaspoon", "tent", "hare", "heart", "mug", "red"])
alike_texts = st.lists(alike_words, min_size=1, max_size=5).map(" ".join)


@relaxed
@given(descriptions=st.lists(alike_texts, min_size=1, max_size=5))
@example(descriptions=["teapot hare mug", "mug teapot hare"])
@example(descriptions=["teapot teaspoon tent mug", "mug tent", "hare heart red mug", "mug heart"])
def test_both_sides_order_beginnings_and_stand_ins_alike(tmp_path, descriptions):
    with a_shop(tmp_path) as shop:
        # Where one word stands in, PostgreSQL weighs how near two words stand: not here.
        gifts = ["hare heart", *descriptions]
        shop.carry_out([("list", number, text, 100, 1) for number, text in enumerate(gifts)])
        shop.fill()

        for words in ("te", "hart", "red te", "mug hart"):
            query = CatalogueSearchQuery(words=words)
            assert shop.find_answer(query).products == search_catalogue(query).products


@settings(relaxed, max_examples=200)
@given(text=st.text(alphabet=st.sampled_from("aeioustrlnyzed09"), min_size=1, max_size=12))
def test_both_sides_stem_alike(text):
    (word,) = words_of(text)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT catalogue_stem(%s), tsvector_to_array(catalogue_words('', %s))", [word, word]
        )
        assert cursor.fetchone() == (stem(word), [stem(word)])


@settings(relaxed, max_examples=200)
@given(text=st.text(alphabet=st.sampled_from("aeE019É .,-+@/:_&%<>'\\"), max_size=30))
@example("0e0a")  # to PostgreSQL's own parser a number and a letter
@example("a.b@c.de/e?1e5x -1.5e+3")
def test_both_sides_part_texts_alike(text):
    expected: dict[str, list[int]] = {}
    for place, word in enumerate(words_of(text_of("", text)), start=1):
        expected.setdefault(stem(word), []).append(place)

    with connection.cursor() as cursor:
        cursor.execute("SELECT lexeme, positions FROM unnest(catalogue_words('', %s))", [text])
        assert dict(cursor.fetchall()) == expected


@contextmanager
def a_shop(folder: Path):
    """A shop with a past, whose every trace is gone afterwards."""
    with undone():
        yield Shop(folder)


class Shop:
    """Products from before there were events and since, and what was answered about each when."""

    def __init__(self, folder):
        self.service = Service(folder)
        load_products(
            LegacyProduct(
                stock_code=code,
                description=description,
                listed_at=NOON,
                prices=((NOON, 95 * number),),
                quantity=number - 1,
            )
            for number, (code, description) in enumerate(
                zip(LEGACY, ("RED RETROSPOT MUG", "TEAPOT", "CAKE STAND"), strict=True), start=1
            )
        )
        self.answers = {}
        self.now = NOON
        self._note_answers()

    def carry_out(self, commands):
        for verb, *arguments in commands:
            self.now += timedelta(minutes=1)
            try:
                with transaction.atomic():
                    getattr(self, f"_{verb}")(*arguments)
            except REFUSALS:
                continue
            self._note_answers()

    def backfill(self):
        record_snapshots(migration_paths.catalogue_search, list_stock_codes())

    def fill(self):
        """Backfill the service, deliver all that was published, and publish the index of it."""
        self.backfill()
        for text in published():
            self.deliver(text)
        self.service.publish()

    def deliver(self, text):
        deliver(text, handlers, self.service.store)

    def find_answer(self, query):
        try:
            return queries.answer(query, self.service.reader.current(), at=self._just_now())
        except NotComplete:
            return None

    def must_agree(self, query):
        ours, theirs = search_catalogue(query), self.find_answer(query)
        assert theirs is not None
        assert replace(theirs, products=ours.products) == ours
        if ours.sort != "relevance":
            assert theirs.products == ours.products
        elif ours.page_count == 1:
            assert {*theirs.products} == {*ours.products}

    def must_agree_about_every_product(self):
        for stock_code in list_stock_codes():
            query = CatalogueSearchQuery(stock_code=stock_code)
            assert self.find_answer(query) == search_catalogue(query)

    @staticmethod
    def _just_now():
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            return cursor.fetchone()[0]

    def _note_answers(self):
        recording.flush()  # as the commit would
        for stock_code in list_stock_codes():
            answer = search_catalogue(CatalogueSearchQuery(stock_code=stock_code))
            self.answers[stock_code, answer.as_of] = answer

    def _list(self, which, description, price_pence, quantity):
        operations.list_product(
            stock_code=f"N{which}",
            description=description,
            price_pence=price_pence,
            quantity=quantity,
            listed_at=self.now,
        )

    def _price(self, which, price_pence):
        operations.change_price(
            stock_code=self._code(which), price_pence=price_pence, effective_at=self.now
        )

    def _stock(self, which, change):
        operations.adjust_stock(
            stock_code=self._code(which), change=change, reason="counted", adjusted_at=self.now
        )

    def _count(self, which, order_count, countries):
        counted = CountedTrade(
            stock_code=self._code(which),
            order_count=order_count,
            popular_in=tuple(sorted(countries)),
            also_bought=LEGACY[: order_count % 3],
        )
        operations.record_trade_counts(counted=[counted], counted_until=self.now)

    def _snapshot(self, which):
        record_snapshots(migration_paths.catalogue_search, [self._code(which)])

    @staticmethod
    def _code(which):
        codes = list_stock_codes()
        return codes[which % len(codes)]
