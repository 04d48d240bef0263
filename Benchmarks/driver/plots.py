"""The plots of RESULTS.md and of README.md: SVG on white, in colors that color-blind readers distinguish."""

from __future__ import annotations

import pathlib
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from report import Results

# Okabe and Ito's.
BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#999999"
SHAPES = {"numbers": (BLUE, "o"), "texts": (ORANGE, "s"), "nested": (GREEN, "^")}

pyplot.rcParams.update(
    {
        "svg.fonttype": "path",
        # Makes the files reproducible.
        "svg.hashsalt": "bqpull",
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": "#666666",
        "axes.axisbelow": True,
        "grid.color": "#E4E4E4",
        "legend.frameon": False,
        "legend.fontsize": 8,
    }
)


def draw(results: Results, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, plot in [("peers", peers), ("rows", rows), ("latency", latency)]:
        figure = plot(results)
        figure.savefig(folder / f"{name}.svg", facecolor="white", metadata={"Date": None})
        pyplot.close(figure)


def plain(value: float) -> str:
    """Two or three significant digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def thousands(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1000 else f"{value:g}"


def peers(results: Results) -> Figure:
    where = {"shape": "numbers", "rows": results.reference_rows}
    best = {**where, "page_size": results.best_page_size("numbers")}
    bars = [
        ("pandas → to_sql", "pandas_to_sql", where, GREY),
        ("Google's Python client → sqlite3", "google_client", where, GREY),
        ("hand-tuned Python: orjson, threads", "hand_tuned", where, GREY),
        ("bqpull", "bqpull", where, BLUE),
        ("SQLite alone, decoded cells", "floor", best, GREEN),
        ("libz alone, inflating the pages", "inflate", where, GREEN),
    ]
    figure, panels = pyplot.subplots(1, 2, figsize=(8.6, 2.7), sharey=True, layout="constrained")
    for panel, (field, title) in zip(panels, [("wall", "seconds until done"), ("cpu", "seconds of CPU")]):
        medians = []
        for name, contender, at, color in bars:
            spread = results.spread(field, contender, **at)
            median = spread.median if spread else 0
            medians.append(median)
            bar(panel, name, median, 0.66, color, "bold" if contender == "bqpull" else "normal")
        panel.set_xscale("log")
        panel.set_xlim(min(filter(None, medians)) / 2, max(medians) * 3)
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.grid(axis="x")
        panel.tick_params(axis="y", length=0)
        panel.set_title(title)
    panels[0].invert_yaxis()
    title = f"{results.reference_rows:,} rows of 16 columns into SQLite (log scale)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=9, color="#444444")
    return figure


def bar(panel: Axes, y: Any, value: float, height: float, color: str, weight: str = "normal", **style: Any) -> None:
    """A horizontal bar with its value."""
    panel.barh(y, value, height, color=color, **style)
    at = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
    panel.annotate(plain(value), (value, y), fontweight=weight, **at)


def rows(results: Results) -> Figure:
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(8.6, 3.2), layout="constrained")
    for shape in results.plan["rows"]:
        color, marker = SHAPES[shape]
        style = {"color": color, "marker": marker, "label": shape}
        line(results, time, "wall", "bqpull", shape, **style)
        at = {"page_size": results.best_page_size(shape)}
        line(results, time, "wall", "floor", shape, at, color=color, linestyle=":", linewidth=1.4)
        line(results, memory, "peak_memory", "bqpull", shape, scale=1e-6, **style)
    time.plot([], [], color="#444444", linestyle=":", linewidth=1.4, label="SQLite alone")
    time.set_title("seconds until done")
    memory.set_title("peak memory, MB")
    time.set_yscale("log")
    time.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    time.yaxis.set_minor_formatter(NullFormatter())
    time.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for panel in (time, memory):
        panel.set_xscale("log")
        ticks = results.sizes("numbers")
        panel.set_xticks(ticks, [thousands(count) for count in ticks])
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.tick_params(axis="x", which="minor", length=0)
        panel.set_xlabel("rows")
        panel.grid()
        panel.legend()
    top = memory.get_ylim()[1]
    memory.set_ylim(0, max(230, top * 1.1))
    memory.axhline(200, color="#666666", linewidth=0.8, linestyle="--")
    memory.annotate(
        "limit 200 MB", (ticks[-1], 200), xytext=(0, 3), textcoords="offset points", ha="right", va="bottom", fontsize=8
    )
    return figure


def line(
    results: Results, panel: Axes, field: str, contender: str, shape: str, where: Any = {}, scale: float = 1, **style
) -> None:
    points = []
    for count in results.sizes(shape):
        spread = results.spread(field, contender, shape=shape, rows=count, **where)
        if spread:
            points.append((count, spread.median * scale))
    panel.plot([count for count, _ in points], [value for _, value in points], markersize=4, **style)


def latency(results: Results) -> Figure:
    waits = results.plan["latencies"]
    figure, panel = pyplot.subplots(figsize=(5.6, 2.8), layout="constrained")
    for offset, parallel, title, color in [(0.2, 1, "one page after another", GREY), (-0.2, None, "default", BLUE)]:
        for index, wait in enumerate(waits):
            spread = results.spread("wall", "bqpull", **results.latency_case(wait, parallel))
            if spread:
                label = title if index == 0 else None
                bar(panel, index + offset, spread.median, 0.36, color, label=label)
    panel.set_yticks(range(len(waits)), ["no latency", *(f"{wait:,} ms per page" for wait in waits[1:])])
    panel.set_xlim(0, panel.get_xlim()[1] * 1.08)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x")
    panel.set_title(f"{results.plan['latency_pages']} pages: seconds until done")
    panel.legend(loc="lower right")
    return figure
