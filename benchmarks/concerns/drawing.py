"""The same figures as a drawing for the docs: one panel a measure, one bar a stage. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from benchmarks.outbox.rounds import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.concerns.stages import Stage

_NAMES, _BARS, _VALUES = 150, 420, 90
_ROW, _TITLE, _GAP, _MARGIN = 18, 22, 14, 12
_WIDTH = _MARGIN + _NAMES + _BARS + _VALUES
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}"
    ".title{font-weight:600}.bar{fill:#8aa5b8}.moved{fill:#1f7a5c}"
    "@media(prefers-color-scheme:dark){text{fill:#e4e7eb}.bar{fill:#52697a}.moved{fill:#3fb68b}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One stage's value; `moved` where the measured read was answered by its service."""

    name: str
    value: float
    moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One measure over all stages."""

    title: str
    bars: tuple[Bar, ...]


def draw(stages: Sequence[Stage]) -> str:
    """Draw the p99 of every read's page and of place_order, and how busy PostgreSQL was."""
    return svg(
        [
            *(_pages(path, stages) for path in stages[0].looks),
            _panel("place_order, p99 ms", stages, [_p99(stage.orders) for stage in stages]),
            _panel("PostgreSQL busy, seconds per second", stages, [s.load.busy for s in stages]),
            _panel("buffers PostgreSQL reads a second", stages,
                   [stage.load.buffers_per_second for stage in stages]),
        ]
    )  # fmt: skip


def svg(panels: Sequence[Panel]) -> str:
    """Write panels below one another; bars of one panel share a scale that begins at nought."""
    parts: list[str] = []
    top = float(_MARGIN)
    for panel in panels:
        parts += _drawn(panel, top)
        top += _TITLE + _ROW * len(panel.bars) + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top:g}" role="img">'
        f"<title>The same load before and after each read has moved</title>"
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _pages(path: str, stages: Sequence[Stage]) -> Panel:
    p99 = [_p99([look.milliseconds for look in stage.looks[path]]) for stage in stages]
    bars = (
        Bar(name=stage.name, value=value, moved=path in stage.moved)
        for stage, value in zip(stages, p99, strict=True)
    )
    return Panel(title=f"{path}, the page, p99 ms", bars=tuple(bars))


def _panel(title: str, stages: Sequence[Stage], values: Sequence[float]) -> Panel:
    bars = (
        Bar(name=stage.name, value=value, moved=bool(stage.moved))
        for stage, value in zip(stages, values, strict=True)
    )
    return Panel(title=title, bars=tuple(bars))


def _drawn(panel: Panel, top: float) -> Iterator[str]:
    most = max(bar.value for bar in panel.bars) or 1.0
    yield f'<text class="title" x="{_MARGIN}" y="{top + 14:g}">{escape(panel.title)}</text>'
    for number, bar in enumerate(panel.bars):
        y = top + _TITLE + _ROW * number
        length = _BARS * bar.value / most
        look = "moved" if bar.moved else "bar"
        yield f'<text x="{_MARGIN}" y="{y + 12:g}">{escape(bar.name)}</text>'
        yield (
            f'<rect class="{look}" x="{_MARGIN + _NAMES}" y="{y + 2:g}" '
            f'width="{length:.1f}" height="{_ROW - 5}"/>'
        )
        yield (
            f'<text x="{_MARGIN + _NAMES + length + 6:.1f}" y="{y + 12:g}">'
            f"{_number(bar.value)}</text>"
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004


def _p99(values: Sequence[float]) -> float:
    return percentile(list(values), 0.99) if values else 0.0
