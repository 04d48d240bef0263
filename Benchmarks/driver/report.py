#!/usr/bin/env python3
"""Writes RESULTS.md and the plots from results.json. Usage: report.py FOLDER"""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any, Iterable, Optional, Sequence

import names
import plots
from results import Results, Spread, figures

TITLES = {
    "bqpull": "**bqpull**",
    "google_client": "Google's Python client → sqlite3",
    "pandas_to_sql": "pandas → to_sql",
    "hand_tuned": "hand-tuned Python (orjson, threads, executemany)",
}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    results = Results(json.loads((folder / "results.json").read_text(encoding="utf-8")))
    plots.draw(results, folder / "plots")
    (folder / "RESULTS.md").write_text(page(results), encoding="utf-8")


def page(results: Results) -> str:
    values = results.values
    parts = ["# Benchmarks", ""]
    if values["quick"]:
        parts += ["**A quick run: its sizes say nothing; it shows that everything works.**", ""]
    parts += [f"**{note}**\n" for note in values["notes"]]
    parts += [
        f"Written by `Benchmarks/run.sh` in {values['minutes']:g} minutes; `results.json` holds every measurement."
        f" Medians of {results.plan['rounds']} rounds after one round that does not count, least and most in"
        " parentheses. All contenders run in every round, one after the other; ratios are those of the same round."
        " Times are of the whole process, from start to end, in seconds.",
        "",
        *machine(values),
        "## What must be shown",
        "",
        *must_show(results),
        "",
        "## Against the peers",
        "",
        *compared(results),
        "",
        "## The floor, and how cost grows",
        "",
        *by_rows(results),
        "",
        "## Latency",
        "",
        *latency(results),
        "",
        "## The smallest pull",
        "",
        *smallest(results),
        "",
    ]
    return "\n".join(parts)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    marks = ["---", *["---:"] * (len(heads) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in [heads, marks, *rows]]


def seconds(spread: Optional[Spread]) -> str:
    return spreaded(spread, lambda value: f"{value:.2f}" if value < 100 else f"{value:.0f}")


def spreaded(spread: Optional[Spread], form: Any) -> str:
    if spread is None:
        return "–"
    if spread.least == spread.most:
        return form(spread.median)
    return f"{form(spread.median)} ({form(spread.least)}–{form(spread.most)})"


def ratio(spread: Optional[Spread], digits: int = 1) -> str:
    return spreaded(spread, lambda value: f"{value:.{digits}f}") + ("×" if spread else "")


def megabytes(spread: Optional[Spread]) -> str:
    return f"{spread.median / 1e6:,.0f} MB" if spread else "–"


def machine(values: dict[str, Any]) -> list[str]:
    told = values["machine"]
    return [
        f"{told['cpu']}, {told['cores']} cores, {told['memory'] / 2**30:.0f} GiB, {told['system']},"
        f" Linux {told['kernel']}, {told['file_system']}. "
        + ", ".join(f"{name} {version}" for name, version in values["versions"].items())
        + ".",
        "",
    ]


def must_show(results: Results) -> list[str]:
    rows = []
    for figure in figures(results):
        if figure.reached is None:
            verdict = "not measured"
        else:
            verdict = "yes" if figure.meets(figure.reached.median) else "**no**"
        rows.append([figure.name, figure.demand, figure.goal, spreaded(figure.reached, figure.form), verdict])
    return table(["figure", "must be", "goal", "reached", "met"], rows)


def compared(results: Results) -> list[str]:
    where = {"shape": "numbers", "rows": results.reference_rows}
    pull = results.by_round("wall", "bqpull", **where)
    work = results.by_round("cpu", "bqpull", **where)
    rows = []
    for contender, title in TITLES.items():
        wall = results.spread("wall", contender, **where)
        rows.append(
            [
                title,
                seconds(wall),
                seconds(results.spread("cpu", contender, **where)),
                seconds(results.spread("emulator_cpu", contender, **where)),
                megabytes(results.spread("peak_memory", contender, **where)),
                f"{results.reference_rows / wall.median:,.0f}" if wall else "–",
                ratio(results.ratio(results.by_round("wall", contender, **where), pull)),
                ratio(results.ratio(results.by_round("cpu", contender, **where), work)),
            ]
        )
    for size in dict.fromkeys([results.best_page_size("numbers"), 4096]):
        at = {**where, "page_size": size}
        wall = results.spread("wall", "floor", **at)
        rows.append(
            [
                f"SQLite alone, cells decoded already, page size {size}",
                seconds(wall),
                seconds(results.spread("cpu", "floor", **at)),
                "",
                "",
                f"{results.reference_rows / wall.median:,.0f}" if wall else "–",
                ratio(results.ratio(results.by_round("wall", "floor", **at), pull), 2),
                ratio(results.ratio(results.by_round("cpu", "floor", **at), work), 2),
            ]
        )
    inflate = results.by_round("wall", "inflate", **where)
    rows.append(
        [
            "libz alone, inflating the pages",
            seconds(results.spread("wall", "inflate", **where)),
            seconds(results.spread("cpu", "inflate", **where)),
            "",
            "",
            "",
            ratio(results.ratio(inflate, pull), 2),
            ratio(results.ratio(results.by_round("cpu", "inflate", **where), work), 2),
        ]
    )
    return [
        f"{results.reference_rows:,} rows of {names.DESCRIPTIONS['numbers']}, no latency; each runs its own query and"
        " stores all rows in a new SQLite database in WAL mode with synchronous NORMAL, all of it written back into"
        " the file at the end. Hand-tuned Python, bqpull and the floor store the same cells, which is checked."
        " Hand-tuned Python asks for pages of the size that is fastest for it, Google's client leaves that to the"
        " service. The emulator serves prepared pages on the same cores; what that costs it is in its own column, and"
        " not taken off. A pull for which it had to make a page is done once more.",
        "",
        *table(
            ["", "time", "CPU", "emulator's CPU", "peak memory", "rows/s", "time ÷ bqpull's", "CPU ÷ bqpull's"], rows
        ),
        "",
        "![CPU and time of the contenders](plots/peers.svg)",
    ]


def by_rows(results: Results) -> list[str]:
    parts = [
        "The floor inserts the cells that bqpull has staged from memory, with prepared statements and static binds, in"
        " transactions of as many rows as bqpull has in a page. Its page size is the fastest of a trial:",
        "",
        *table(
            ["page size", *(f"{size}" for size in sorted(map(int, results.values["page_size_trial"]["numbers"])))],
            [
                [shape, *(f"{trial[size]:.2f}" for size in sorted(trial, key=int))]
                for shape, trial in results.values["page_size_trial"].items()
            ],
        ),
        "",
    ]
    rows = []
    for shape in results.plan["rows"]:
        for count in results.sizes(shape):
            where = {"shape": shape, "rows": count}
            wall = results.by_round("wall", "bqpull", **where)
            best = {**where, "page_size": results.best_page_size(shape)}
            floor = results.by_round("wall", "floor", **best)
            spread = results.spread("wall", "bqpull", **where)
            rows.append(
                [
                    f"{shape}, {count:,} rows",
                    seconds(spread),
                    f"{spread.median * 1e6 / count:.2f}" if spread else "–",
                    seconds(results.spread("cpu", "bqpull", **where)),
                    seconds(results.spread("emulator_cpu", "bqpull", **where)),
                    megabytes(results.spread("peak_memory", "bqpull", **where)),
                    seconds(results.spread("wall", "floor", **best)),
                    seconds(results.spread("wall", "floor", **where, page_size=4096)),
                    ratio(results.ratio(wall, floor), 2),
                ]
            )
    parts += table(
        [
            "",
            "bqpull's time",
            "µs a row",
            "CPU",
            "emulator's CPU",
            "peak memory",
            "floor's time",
            "floor at 4096",
            "bqpull ÷ floor",
        ],
        rows,
    )
    parts += ["", "![Time and memory by rows](plots/rows.svg)", ""]
    parts += [f"The same pages ({results.reference_rows:,} rows), inflated by libz and nothing else:", ""]
    rows = []
    for shape in results.plan["rows"]:
        at = {"shape": shape, "rows": results.reference_rows}
        sizes = [results.spread(name, "inflate", **at) for name in ("pages", "compressed", "inflated")]
        if None not in sizes:
            pages, compressed, inflated = (size.median for size in sizes if size)
            rows.append(
                [
                    f"{shape}: {names.DESCRIPTIONS[shape]}",
                    f"{pages:.0f}",
                    f"{compressed / 1e6:.1f} MB",
                    f"{inflated / 1e6:.1f} MB",
                    f"{inflated / results.reference_rows:.0f}",
                    seconds(results.spread("cpu", "inflate", **at)),
                ]
            )
    return parts + table(["", "pages", "gzip", "JSON", "bytes of JSON a row", "CPU"], rows)


def latency(results: Results) -> list[str]:
    rows = []
    for wait in results.plan["latencies"]:
        default = results.latency_case(wait, None)
        alone = results.latency_case(wait, 1)
        rows.append(
            [
                f"{wait:,} ms",
                seconds(results.spread("wall", "bqpull", **default)),
                seconds(results.spread("wall", "bqpull", **alone)),
                ratio(
                    results.ratio(
                        results.by_round("wall", "bqpull", **alone), results.by_round("wall", "bqpull", **default)
                    )
                ),
                megabytes(results.spread("peak_memory", "bqpull", **default)),
                megabytes(results.spread("peak_memory", "bqpull", **alone)),
            ]
        )
    return [
        f"{results.reference_rows:,} rows in {results.plan['latency_pages']} pages, each of which waits before it is"
        " sent.",
        "",
        *table(
            ["latency", "default", "`--parallel 1`", "times faster", "memory", "memory, `--parallel 1`"],
            rows,
        ),
        "",
        "![Time by latency](plots/latency.svg)",
    ]


def smallest(results: Results) -> list[str]:
    rows = []
    for contender, title in [("select_1", "`SELECT 1` into a new file"), ("version", "`bqpull --version`")]:
        cells = [
            spreaded(results.spread(field, contender), lambda value: f"{value * 1000:.0f}")
            for field in ("wall", "cpu", "emulator_cpu")
        ]
        rows.append([title, *(f"{cell} ms" for cell in cells)])
    return table(["", "time", "CPU", "emulator's CPU"], rows)


if __name__ == "__main__":
    main()
