"""What the pages about the strangler say in tables is what the code does."""

from __future__ import annotations

import random
import re
from configparser import ConfigParser
from datetime import timedelta
from importlib import import_module
from math import log, log1p

import pytest

from monolith.strangler.comparison.outcomes import Outcome
from monolith.strangler.comparison.rechecking import Turn
from monolith.strangler.counting.watches import WATCHMEN
from monolith.strangler.deciding import decision
from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.shadowing import work
from tests.docs.pages import ROOT

PAGES = ROOT / "docs" / "strangler"
SOURCE = "\n".join(
    path.read_text() for path in sorted((ROOT / "monolith" / "strangler").rglob("*.py"))
)
RUNS = 2_000


def rows_under(page, *header):
    """Return the cells of the one table with this header."""
    text = (PAGES / page).read_text()
    head = re.escape(f"| {' | '.join(header)} |")
    (table,) = re.findall(rf"^ *{head}\n *\|[-|]+\|\n((?: *\|.*\n)+)", text, re.MULTILINE)
    return [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines()]


def coded(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_ladder_is_that_of_the_code():
    told = rows_under("README.md", "rung", "stage", "shadow", "canary", "verify", "fallback")

    assert told == [
        [
            f"`{rung.name}`",
            rung.stage.label,
            *map(str, (rung.dial.shadow_bp, rung.dial.canary_bp, rung.dial.verify_bp)),
            "yes" if rung.dial.has_fallback else "no",
        ]
        for rung in RUNGS
    ]


def test_rules_are_told_in_the_order_in_which_they_are_asked():
    told = [coded(rule)[0] for rule, _ in rows_under("README.md", "rule", "says")]

    everything_quiet = decision.Facts(held=decision.Held(stage=Stage.SERVICE), has_monolith=True)
    assert told == [name for name, _ in decision.trace(everything_quiet)]


def test_every_package_is_told_above_those_that_it_may_know():
    told = [
        coded(names) for names, _ in rows_under("../architecture.md", "package", "what is in it")
    ]
    rules = ConfigParser()
    rules.read(ROOT / ".importlinter")
    layers = rules["importlinter:contract:strangler-shape"]["layers"].split("\n")
    layer_of = {
        name.strip(): depth for depth, layer in enumerate(layers) for name in layer.split("|")
    }
    depths = [layer_of[name] for names in told for name in names]

    assert depths == sorted(depths)
    assert {name for names in told for name in names} == {
        folder.parent.name
        for folder in (ROOT / "monolith" / "strangler").glob("*/__init__.py")
        if folder.parent.name != "migrations"
    }


def test_limits_of_time_are_those_of_the_code():
    for named, seconds, _ in rows_under("README.md", "limit", "seconds", "what for"):
        module, _, name = coded(named)[0].partition(".")
        found = (ROOT / "monolith" / "strangler").rglob(f"{module}.py")
        nearest = min(found, key=lambda path: len(path.parts)).relative_to(ROOT)
        limit = getattr(import_module(".".join(nearest.with_suffix("").parts)), name)
        length = limit.total_seconds() if isinstance(limit, timedelta) else limit

        assert f"{length:g}" == seconds, named


def _tallied():
    return {
        series: coded(names)
        for named, names, _ in rows_under("tallies.md", "series", "names", "counted when")
        for series in coded(named)
    }


def _series_in_code():
    counted = re.findall(r'tallies\.(?:add|time_taken)\(\s*[\w.]+,\s*"([a-z-]+)"', SOURCE)
    counted += re.findall(r'tallies\.add_each\(\s*[\w.]+,\s*\(\s*\("([a-z-]+)"', SOURCE)
    by_variable = re.findall(r'"(latency-request-[a-z]+)"', SOURCE)
    by_row = re.findall(r'"series": "([a-z-]+)"', SOURCE)
    return {*counted, *by_variable, *by_row}


def test_every_series_that_is_counted_is_listed_and_no_other():
    assert set(_tallied()) == _series_in_code()


def test_every_series_that_gates_and_metrics_look_at_is_listed():
    evidence = (ROOT / "monolith" / "strangler" / "gates" / "evidence.py").read_text()
    asked = set(re.findall(r'^    "([a-z-]+)": "\w+",$', evidence, re.MULTILINE))

    assert {"answer", "ryw"} <= asked <= set(_tallied())


def test_names_that_enumerations_give_are_all_listed():
    told = _tallied()

    assert set(told["compare"]) == {outcome.value for outcome in Outcome} - {Outcome.MOVED}
    assert set(told["recheck"]) == {turn.value for turn in Turn} - {Turn.AGAIN}
    assert {work.BUSY, work.BROKEN} <= set(told["dropped"])


@pytest.mark.parametrize("series", ["ryw", "noise", "breaker", "old-path", "dead-letters"])
def test_names_that_are_written_out_are_all_listed(series):
    calls = re.findall(rf'tallies\.add\([\w.]+, "{series}", ([^\n]+)\)', SOURCE)
    written = {name for call in calls for name in re.findall(r'"([a-z-]+)"', call)}

    assert written == set(_tallied()[series])


@pytest.mark.parametrize("series", ["dropped", "check"])
def test_names_that_are_listed_are_somewhere_in_the_code(series):
    unknown = [
        name for name in _tallied()[series] if f'"{name.removesuffix("-broken")}"' not in SOURCE
    ]

    assert unknown == []


def test_every_reason_of_a_decision_is_listed():
    rules = (ROOT / "monolith" / "strangler" / "deciding" / "decision.py").read_text()
    given = set(
        re.findall(r'(?:reason=|_monolith\(|_(?:served|shadowed)\(facts, )"([a-z-]+)"', rules)
    )
    given |= set(re.findall(r'else _shadowed\(facts, "([a-z-]+)"\)', rules))
    asking = (ROOT / "monolith" / "strangler" / "routing" / "asking.py").read_text()
    given |= {decision.Verdict.ASK_MONOLITH.value, *re.findall(r'else "(second-read)"', asking)}

    told = {
        name
        for _, named, _ in rows_under("tallies.md", "source", "reason", "means")
        for name in coded(named)
    }

    assert told - {"fallback:…"} == given


def test_watches_are_told_with_their_parameters_and_what_they_do():
    told = {
        coded(name)[0]: (p0, p1, h, alarm)
        for name, _, p0, p1, h, alarm in rows_under(
            "statistics.md", "watch", "sees", "p0", "p1", "h", "alarm"
        )
    }

    def parameters(man):
        if man.cusum:
            return (f"{man.cusum.p0:g}", f"{man.cusum.p1:g}", f"{man.cusum.h:g}")
        return ("-", "-", f"{man.hits} hit{'s' if man.hits > 1 else ''}")

    assert told == {name: (*parameters(man), man.answer) for name, man in WATCHMEN.items()}


def _share(cell):
    return float(cell.removesuffix(" %")) / 100


def _gap(rng, share):
    return 1 if share == 1 else int(log(1 - rng.random()) / log1p(-share)) + 1


def _run_length(rng, watch, share, most):
    score, seen = 0.0, 0
    while True:
        gap = _gap(rng, share)
        seen += gap
        if seen > most:
            return None
        score = watch.advance_many(score, seen=gap, bad=1)
        if watch.has_alarmed(score):
            return seen


@pytest.mark.parametrize(
    "row", rows_under("statistics.md", "watch", "truly bad", "median", "nine of ten"), ids=" ".join
)
def test_watch_takes_as_many_as_the_page_says(row):
    name, share, median, nine_of_ten = row
    rng = random.Random(f"page {row}")
    watch = WATCHMEN[coded(name)[0]].cusum

    lengths = sorted(_run_length(rng, watch, _share(share), 10**7) for _ in range(RUNS))

    assert lengths[RUNS // 2] == pytest.approx(int(median), rel=0.12)
    assert lengths[RUNS * 9 // 10] == pytest.approx(int(nine_of_ten), rel=0.12)


@pytest.mark.parametrize(
    "row",
    rows_under("statistics.md", "watch", "truly bad", "observations", "runs with a false alarm"),
    ids=" ".join,
)
def test_watch_cries_wolf_as_seldom_as_the_page_says(row):
    name, share, observations, told = row
    rng = random.Random(f"page {row}")
    watch, most = WATCHMEN[coded(name)[0]].cusum, int(observations.replace(",", ""))

    false = sum(_run_length(rng, watch, _share(share), most) is not None for _ in range(RUNS))

    # Three times the chance error of so many runs, and rounding.
    spread = 3 * (_share(told) * (1 - _share(told)) / RUNS) ** 0.5 + 0.005
    assert false / RUNS == pytest.approx(_share(told), abs=spread)
