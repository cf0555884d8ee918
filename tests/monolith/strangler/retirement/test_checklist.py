"""What is to be deleted, and what must not be, in a small shop."""

from __future__ import annotations

import pytest

from monolith.strangler.retirement import records
from monolith.strangler.retirement.checklist import AnswerNotFound, checklist
from monolith.strangler.retirement.declarations import DeclarationNotFound
from monolith.strangler.retirement.items import Section
from tests.monolith.strangler.retirement.attic import ANSWER, FILES, build, line_of

SHELVES, PATHS = "shop/queries/shelves.py", "shop/migration_paths.py"


@pytest.fixture
def source(tmp_path):
    return build(tmp_path)


@pytest.fixture
def found(source):
    return checklist("shelf", answer=ANSWER, source=source)


def of(found, section):
    return {item.what: item for item in found.items if item.section is section}


def short(names):
    return {name.rpartition(".")[2] for name in names}


def test_the_answer_goes_with_what_only_it_uses(found):
    assert short(of(found, Section.CODE)) == {
        "list_books",
        "_BOOKS",
        "_ALONE",
        "_alone",
        "_drawn",
        "_drawn_again",  # the two call each other, and nobody else does
        "same",  # compares with it
    }


def test_each_item_says_where_it_is(found):
    item = of(found, Section.CODE)[ANSWER]

    assert (item.file, item.line) == (SHELVES, line_of(SHELVES, "def list_books"))
    assert item.why == "function, 3 lines"


def test_what_others_need_stays_and_says_who_they_are(found):
    kept = {kept.what: kept.needed_by for kept in found.kept}

    assert kept["shop.queries.shelves._rows"] == ("shop.queries.shelves.list_titles",)


def test_what_a_decorator_has_handed_on_stays(found):
    assert "shop.queries.shelves._hook" in {kept.what for kept in found.kept}


def test_nobody_who_passes_a_name_on_or_tests_it_is_a_caller(found):
    assert of(found, Section.CALLER) == {}


def test_whoever_asks_the_answer_itself_has_to_be_moved_first(tmp_path):
    views = (
        "from shop import queries\n\ndef page(request):\n    return queries.list_books(request)\n"
    )
    source = build(tmp_path, **{"shop/views.py": views})

    found = checklist("shelf", answer=ANSWER, source=source)

    (item,) = of(found, Section.CALLER).values()
    assert (item.what, item.file, item.line) == (
        "shop.views.page calls list_books",
        "shop/views.py",
        4,
    )


def test_names_that_were_passed_on_are_found_wherever_they_are(found):
    exports = [item for item in found.items if item.section is Section.EXPORT]

    assert {(item.file, item.line, item.what) for item in exports} == {
        ("shop/queries/__init__.py", 2, "import of list_books"),
        ("shop/queries/__init__.py", 4, "__all__ of list_books"),
        (PATHS, line_of(PATHS, "import list_books"), "import of list_books"),
    }


def test_imports_go_that_nothing_else_needs(found):
    assert set(of(found, Section.IMPORT)) == {"decimal.Decimal"}


def test_what_compares_goes_with_its_imports_unless_a_field_that_stays_needs_it(tmp_path):
    paths = FILES[PATHS].replace("    compare=same,\n", "    compare=partial(same, by=key),\n")
    paths = paths.replace("SHELF =", "from functools import partial\n\nSHELF =")
    paths = paths.replace("def same", "def key():\n    return 1\n\n\ndef same")
    kept = paths.replace("    compare=", "    stream_of=partial(key),\n    compare=")

    found = checklist("shelf", answer=ANSWER, source=build(tmp_path, **{PATHS: paths}))
    needed = checklist("shelf", answer=ANSWER, source=build(tmp_path, **{PATHS: kept}))

    assert {"same", "key"} <= short(of(found, Section.CODE))
    assert "functools.partial" in of(found, Section.IMPORT)
    assert "key" not in short(of(needed, Section.CODE))
    assert "functools.partial" not in of(needed, Section.IMPORT)


def test_settings_go_that_nothing_else_reads(found):
    assert set(of(found, Section.SETTING)) == {"SHOP_BOOKS_LIMIT"}


def test_templates_go_that_nothing_else_names(found):
    templates = of(found, Section.TEMPLATE)

    assert {item.file for item in templates.values()} == {"shop/templates/shop/books.html"}


def test_a_template_that_another_one_includes_stays(tmp_path):
    titles = '{% include "shop/books.html" %}'
    source = build(tmp_path, **{"shop/templates/shop/titles.html": titles})

    found = checklist("shelf", answer=ANSWER, source=source)

    assert of(found, Section.TEMPLATE) == {}


def test_indexes_of_the_tables_that_were_read_are_to_be_looked_at(found):
    assert set(of(found, Section.INDEX)) == {"shop_shelf_title"}


def test_tests_that_ask_are_listed_and_others_are_not(found):
    assert short(of(found, Section.TEST)) == {"test_books", "SCRIPT"}


def test_of_the_declaration_go_the_answer_and_what_compares(found):
    fields = of(found, Section.DECLARATION)

    assert fields.keys() == {"monolith_answer", "compare"}
    assert fields["monolith_answer"].line == line_of(PATHS, "monolith_answer=")
    assert not fields["monolith_answer"].is_gone


def test_a_declaration_without_an_answer_is_done(source):
    found = checklist("other", answer="", source=source)

    assert [(item.what, item.is_gone) for item in found.items] == [("monolith_answer", True)]
    assert found.left == 0


def test_an_answer_that_is_no_function_of_a_module_is_refused(source):
    with pytest.raises(AnswerNotFound, match=r"shop\.queries\.shelves\.Shelves\.books"):
        checklist("shelf", answer="shop.queries.shelves.Shelves.books", source=source)


def test_a_path_that_is_declared_elsewhere_is_refused(source):
    with pytest.raises(DeclarationNotFound, match="attic"):
        checklist("attic", answer=ANSWER, source=source)


def without_the_function(**changes):
    shelves = FILES[SHELVES]
    start, end = shelves.index("def list_books"), shelves.index("def list_titles")
    return {SHELVES: shelves[:start] + shelves[end:], **changes}


def without_lines(text, *words):
    return "\n".join(line for line in text.splitlines() if not any(word in line for word in words))


def looked_again(tmp_path, found, **changes):
    source = build(tmp_path, **changes)
    return records.since(found, checklist("shelf", answer="", source=source), source)


def ticks(now):
    return {item.what: item.is_gone for item in now.items}


def test_what_was_deleted_is_ticked_off_and_what_was_forgotten_is_not(tmp_path, found):
    null = FILES[PATHS].replace("answer=list_books", "answer=None")

    now = looked_again(tmp_path, found, **without_the_function(**{PATHS: null}))

    assert ticks(now) == {
        ANSWER: True,
        "monolith_answer": True,
        "SHOP_BOOKS_LIMIT": True,
        "compare": False,
        "shop.migration_paths.same": False,
        "shop.queries.shelves._alone": False,
        "shop.queries.shelves._ALONE": False,
        "shop.queries.shelves._BOOKS": False,
        "shop.queries.shelves._drawn": False,
        "shop.queries.shelves._drawn_again": False,
        "import of list_books": False,
        "__all__ of list_books": False,
        "decimal.Decimal": False,
        "shop/books.html": False,
        "shop_shelf_title": False,
        "tests.test_shelves.test_books": False,
        "tests.test_shelves.SCRIPT": False,
    }
    assert now.answer == ANSWER


def test_once_all_is_deleted_nothing_is_left(tmp_path, found):
    (tmp_path / "shop/templates/shop/books.html").unlink()
    shelves = without_the_function()[SHELVES]
    start, end = shelves.index("def _alone"), shelves.index("def _drawn_titles")

    now = looked_again(
        tmp_path,
        found,
        **{
            SHELVES: without_lines(shelves[:start] + shelves[end:], "_BOOKS", "_ALONE", "Decimal"),
            PATHS: without_lines(FILES[PATHS], "list_books", "compare=", "same", "return ()"),
            "shop/queries/__init__.py": "from shop.queries.shelves import list_titles\n",
            "shop/models.py": "",
            "shop/templates/shop/books.html": None,
            "tests/test_shelves.py": "",
        },
    )

    assert [item.what for item in now.items if not item.is_gone] == []


def test_lines_may_move_meanwhile(tmp_path, found):
    source = build(tmp_path, **{SHELVES: f"# one\n# two\n{FILES[SHELVES]}"})

    now = records.since(found, checklist("shelf", answer=ANSWER, source=source), source)

    assert len(now.items) == len(found.items)
    assert not any(item.is_gone for item in now.items)


def test_a_record_is_read_back_as_it_was(found):
    assert records.from_json(records.to_json(found)) == found
