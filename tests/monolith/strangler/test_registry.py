from __future__ import annotations

from dataclasses import replace

import pytest

from monolith.strangler import registry
from monolith.strangler.registry import PathAlreadyDeclared, PathNotDeclared
from tests.monolith.strangler.library import Library


def test_order_history_is_declared_when_the_apps_are_loaded():
    assert "order_history" in registry.names()


def test_declaring_the_same_path_again_changes_nothing(library):
    path = registry.get_path("shelf")

    registry.declare(path)

    assert registry.get_path("shelf") is path


def test_two_reads_cannot_have_one_name(library):
    with pytest.raises(PathAlreadyDeclared, match="shelf"):
        registry.declare(Library().path())


def test_a_path_has_a_monolith_until_its_code_is_deleted(library):
    path = library.path()

    assert path.has_monolith
    assert not replace(path, monolith_answer=None).has_monolith


def test_unknown_path_is_refused_with_the_known_ones(library):
    with pytest.raises(PathNotDeclared, match=r"declared: .*shelf"):
        registry.get_path("attic")
