"""Writes RESULTS.md and the plots from results.json. Usage: report.py FOLDER"""

from __future__ import annotations

import json
import pathlib
import statistics
import sys
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Optional, Sequence

import cases

TITLES = {
    "bqpull": "**bqpull**",
    "google_client": "Google's Python client → sqlite3",
    "pandas_to_sql": "pandas → to_sql",
    "hand_tuned": "hand-tuned Python (orjson, threads, executemany)",
}
#: The values of a field, by round.
Rounds = dict[int, float]


@dataclass(frozen=True)
class Spread:
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Optional[Spread]:
        values = list(values)
        return cls(statistics.median(values), min(values), max(values)) if values else None

    @classmethod
    def of_ratios(cls, above: Rounds, below: Rounds) -> Optional[Spread]:
        """Ratios within each round, so that a slow round does not count."""
        return cls.of(above[number] / below[number] for number in sorted(above.keys() & below.keys()))


class Results:
    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.plan = values["plan"]
        self.reference_rows: int = self.plan["reference_rows"]

    def by_round(self, field: str, contender: str, **where: Any) -> Rounds:
        """A field of the records of a contender; for bqpull by default without latency and options."""
        wanted = {"contender": contender, **where}
        if contender == "bqpull":
            wanted = {"latency": 0, "parallel": None, "page_rows": None, **wanted}
        return {
            record["round"]: record[field]
            for record in self.values["records"]
            if all(record.get(name) == value for name, value in wanted.items())
        }

    def spread(self, field: str, contender: str, **where: Any) -> Optional[Spread]:
        return Spread.of(self.by_round(field, contender, **where).values())

    def sizes(self, shape: str) -> list[int]:
        return self.plan["rows"][shape]

    def best_page_size(self, shape: str) -> int:
        return self.values["best_page_size"][shape]

    def latency_case(self, latency: int, parallel: Optional[int]) -> dict[str, Any]:
        rows = self.reference_rows
        page_rows = rows // self.plan["latency_pages"]
        return {"shape": "numbers", "rows": rows, "latency": latency, "parallel": parallel, "page_rows": page_rows}


def requirements(results: Results) -> list[str]:
    reference = {"shape": "numbers", "rows": results.reference_rows}
    largest = {"shape": "numbers", "rows": results.sizes("numbers")[-1]}
    slowest = results.plan["latencies"][-1]
    many, few = f"{largest['rows']:,}", f"{reference['rows']:,}"

    def wall(contender: str, **where: Any) -> Rounds:
        return results.by_round("wall", contender, **where)

    pull = wall("bqpull", **reference)
    floor = wall("floor", page_size=results.best_page_size("numbers"), **reference)
    memory = results.by_round("peak_memory", "bqpull", **largest)
    latency = f"{results.plan['latency_pages']} pages of {slowest:,} ms latency"
    rows: list[list[str]] = []

    def figure(
        name: str, required: str, goal: str, spread: Optional[Spread], form: str, is_met: Callable[[float], bool]
    ) -> None:
        verdict = "not measured" if spread is None else "yes" if is_met(spread.median) else "**no**"
        rows.append([name, required, goal, spread_text(spread, form.format), verdict])

    def ratio_figure(name: str, required: str, goal: str, above: Rounds, below: Rounds, form: str) -> None:
        bound = float(required.strip("≥≤ ×"))
        is_met = (lambda value: value >= bound) if required[0] == "≥" else (lambda value: value <= bound)
        figure(name, required, goal, Spread.of_ratios(above, below), form, is_met)

    for name, contender, required, goal in [
        ("faster than Google's Python client", "google_client", "≥ 40×", "60×"),
        ("faster than hand-tuned Python", "hand_tuned", "≥ 9×", "12×"),
    ]:
        ratio_figure(name, required, goal, wall(contender, **reference), pull, "{:.1f}×")
    ratio_figure(
        "time against SQLite inserting the same cells already decoded", "≤ 1.5×", "1.2×", pull, floor, "{:.2f}×"
    )
    alone, default = (wall("bqpull", **results.latency_case(slowest, parallel)) for parallel in (1, None))
    ratio_figure(f"{latency}: default faster than `--parallel 1`", "≥ 5×", "7×", alone, default, "{:.1f}×")
    least_memory = results.by_round("peak_memory", "bqpull", **reference)
    ratio_figure(f"peak memory at {many} rows against {few}", "≤ 1.1×", "", memory, least_memory, "{:.2f}×")
    megabytes = Spread.of(value / 1e6 for value in memory.values())
    figure(f"peak memory at {many} rows", "< 200 MB", "", megabytes, "{:.0f} MB", lambda value: value < 200)
    ratio_figure(f"time at {many} rows against {few}", "≤ 10.5×", "", wall("bqpull", **largest), pull, "{:.2f}×")
    smallest = Spread.of(value * 1000 for value in wall("select_1").values())
    name = "`SELECT 1` into a new file, emulator already running"
    figure(name, "< 100 ms", "", smallest, "{:.0f} ms", lambda value: value < 100)
    return table(["figure", "required", "goal", "measured", "met"], rows)


def main() -> None:
    import plots

    folder = pathlib.Path(sys.argv[1])
    results = Results(json.loads((folder / "results.json").read_text(encoding="utf-8")))
    plots.draw(results, folder / "plots")
    (folder / "RESULTS.md").write_text(page(results), encoding="utf-8")


def page(results: Results) -> str:
    values = results.values
    parts = ["# Benchmarks", ""]
    if values["quick"]:
        parts += ["**A quick run, which only shows that everything works.**", ""]
    parts += [f"**{note}**\n" for note in values["notes"]]
    parts += [
        f"Written by `Benchmarks/run.sh` in {values['minutes']:g} minutes; `results.json` holds every measurement."
        f" Medians of {results.plan['rounds']} rounds after one warm-up round, minimum and maximum in parentheses."
        " Every round runs all contenders one after another, and ratios are computed within a round. Times are wall"
        " time of the whole process, in seconds.",
        "",
        machine(values),
    ]
    for title, section in [
        ("Requirements", requirements),
        ("Comparison with peers", compared),
        ("The floor and scaling", by_rows),
        ("Latency", latency),
        ("The smallest pull", smallest),
    ]:
        parts += ["", f"## {title}", "", *section(results)]
    return "\n".join(parts) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    marks = ["---", *["---:"] * (len(heads) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in [heads, marks, *rows]]


def spread_text(spread: Optional[Spread], form: Callable[[float], str]) -> str:
    if spread is None:
        return "–"
    if spread.least == spread.most:
        return form(spread.median)
    return f"{form(spread.median)} ({form(spread.least)}–{form(spread.most)})"


def seconds(spread: Optional[Spread]) -> str:
    return spread_text(spread, lambda value: f"{value:.2f}" if value < 100 else f"{value:.0f}")


def ratio(above: Rounds, below: Rounds, digits: int = 1) -> str:
    spread = Spread.of_ratios(above, below)
    return spread_text(spread, lambda value: f"{value:.{digits}f}") + ("×" if spread else "")


def megabytes(spread: Optional[Spread]) -> str:
    return f"{spread.median / 1e6:,.0f} MB" if spread else "–"


def machine(values: dict[str, Any]) -> str:
    of = values["machine"]
    hardware = f"{of['cpu']}, {of['cores']} cores, {of['memory'] / 2**30:.0f} GiB, {of['system']}"
    versions = ", ".join(f"{name} {version}" for name, version in values["versions"].items())
    return f"{hardware}, Linux {of['kernel']}, {of['file_system']}. {versions}."


def compared(results: Results) -> list[str]:
    where = {"shape": "numbers", "rows": results.reference_rows}
    pull = {field: results.by_round(field, "bqpull", **where) for field in ("wall", "cpu")}
    rows = []

    def row(title: str, contender: str, digits: int, at: dict[str, Any], has_rate: bool = True) -> None:
        wall = results.spread("wall", contender, **at)
        is_process = contender in TITLES
        rate = f"{results.reference_rows / wall.median:,.0f}" if wall else "–"
        rows.append(
            [
                title,
                seconds(wall),
                seconds(results.spread("cpu", contender, **at)),
                seconds(results.spread("emulator_cpu", contender, **at)) if is_process else "",
                megabytes(results.spread("peak_memory", contender, **at)) if is_process else "",
                rate if has_rate else "",
                *(ratio(results.by_round(field, contender, **at), pull[field], digits) for field in pull),
            ]
        )

    for contender, title in TITLES.items():
        row(title, contender, 1, where)
    for size in dict.fromkeys([results.best_page_size("numbers"), 4096]):
        row(f"SQLite alone, decoded cells, page size {size}", "floor", 2, {**where, "page_size": size})
    row("libz alone, inflating the pages", "inflate", 2, where, has_rate=False)
    heads = ["", "time", "CPU", "emulator's CPU", "peak memory", "rows/s", "time ÷ bqpull's", "CPU ÷ bqpull's"]
    return [
        f"{results.reference_rows:,} rows of {cases.SHAPES['numbers']}, no latency. Each contender runs its own query"
        " and stores all rows in a new SQLite database in WAL mode with synchronous NORMAL, checkpointed at the end."
        " Hand-tuned Python, bqpull and the floor store the same cells, which the benchmark verifies. Hand-tuned Python"
        " requests pages of its fastest size; Google's client uses the service's default. The emulator serves prepared"
        " pages on the same cores; its CPU time has its own column and is not subtracted. A pull for which the emulator"
        " had to generate a page is repeated.",
        "",
        *table(heads, rows),
        "",
        "![CPU and time of the contenders](plots/peers.svg)",
    ]


def by_rows(results: Results) -> list[str]:
    trials = results.values["page_size_trial"]
    sizes = sorted(trials["numbers"], key=int)
    rows = []
    for shape in results.plan["rows"]:
        for count in results.sizes(shape):
            where = {"shape": shape, "rows": count}
            best = {**where, "page_size": results.best_page_size(shape)}
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
                    ratio(results.by_round("wall", "bqpull", **where), results.by_round("wall", "floor", **best), 2),
                ]
            )
    pages = []
    for shape, description in cases.SHAPES.items():
        at = {"shape": shape, "rows": results.reference_rows}
        spreads = [results.spread(name, "inflate", **at) for name in ("pages", "compressed", "inflated")]
        if None not in spreads:
            count, compressed, inflated = (spread.median for spread in spreads if spread)
            volume = [f"{compressed / 1e6:.1f} MB", f"{inflated / 1e6:.1f} MB"]
            per_row = f"{inflated / results.reference_rows:.0f}"
            cpu = seconds(results.spread("cpu", "inflate", **at))
            pages.append([f"{shape}: {description}", f"{count:.0f}", *volume, per_row, cpu])
    columns = ["bqpull's time", "µs per row", "CPU", "emulator's CPU", "peak memory", "floor's time", "floor at 4096"]
    return [
        "The floor inserts the same cells from memory, with prepared statements and static binds, in transactions of"
        " one bqpull page each. Its page size is the fastest in a trial:",
        "",
        *table(["page size", *sizes], [[shape, *(f"{trials[shape][size]:.2f}" for size in sizes)] for shape in trials]),
        "",
        *table(["", *columns, "bqpull ÷ floor"], rows),
        "",
        "![Time and memory by rows](plots/rows.svg)",
        "",
        f"The same pages ({results.reference_rows:,} rows), inflated by libz alone:",
        "",
        *table(["", "pages", "gzip", "JSON", "bytes of JSON per row", "CPU"], pages),
    ]


def latency(results: Results) -> list[str]:
    rows = []
    for wait in results.plan["latencies"]:
        default, alone = (results.latency_case(wait, parallel) for parallel in (None, 1))
        walls = [results.by_round("wall", "bqpull", **case) for case in (default, alone)]
        memory = [megabytes(results.spread("peak_memory", "bqpull", **case)) for case in (default, alone)]
        times = [seconds(Spread.of(wall.values())) for wall in walls]
        rows.append([f"{wait:,} ms", *times, ratio(walls[1], walls[0]), *memory])
    return [
        f"{results.reference_rows:,} rows in {results.plan['latency_pages']} pages, each delayed before it is sent.",
        "",
        *table(["latency", "default", "`--parallel 1`", "speedup", "memory", "memory, `--parallel 1`"], rows),
        "",
        "![Time by latency](plots/latency.svg)",
    ]


def smallest(results: Results) -> list[str]:
    rows = []
    for contender, title in [("select_1", "`SELECT 1` into a new file"), ("version", "`bqpull --version`")]:
        spreads = [results.spread(field, contender) for field in ("wall", "cpu", "emulator_cpu")]
        rows.append([title, *(spread_text(spread, lambda value: f"{value * 1000:.0f}") + " ms" for spread in spreads)])
    return table(["", "time", "CPU", "emulator's CPU"], rows)


if __name__ == "__main__":
    main()
