"""What was measured, as medians and as ratios within each round."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any, Callable, Optional


@dataclass(frozen=True)
class Spread:
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))


class Results:
    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.plan = values["plan"]
        self.reference_rows: int = self.plan["reference_rows"]

    def by_round(self, field: str, contender: str, **where: Any) -> dict[int, float]:
        """A field of the records of a contender; of bqpull the default at no latency, unless said otherwise."""
        wanted = {"contender": contender, **where}
        if contender == "bqpull":
            wanted = {"latency": 0, "parallel": None, "page_rows": None, **wanted}
        return {
            record["round"]: record[field]
            for record in self.values["records"]
            if all(record.get(name) == value for name, value in wanted.items())
        }

    def spread(self, field: str, contender: str, **where: Any) -> Optional[Spread]:
        values = list(self.by_round(field, contender, **where).values())
        return Spread.of(values) if values else None

    def ratio(self, above: dict[int, float], below: dict[int, float]) -> Optional[Spread]:
        """Each round for itself, so that what slows a whole round down does not count."""
        values = [above[number] / below[number] for number in sorted(above.keys() & below.keys())]
        return Spread.of(values) if values else None

    def sizes(self, shape: str) -> list[int]:
        return self.plan["rows"][shape]

    def best_page_size(self, shape: str) -> int:
        return self.values["best_page_size"][shape]

    def latency_case(self, latency: int, parallel: Optional[int]) -> dict[str, Any]:
        page_rows = self.reference_rows // self.plan["latency_pages"]
        return {
            "shape": "numbers",
            "rows": self.reference_rows,
            "latency": latency,
            "parallel": parallel,
            "page_rows": page_rows,
        }


@dataclass(frozen=True)
class Figure:
    """What the project wants to show."""

    name: str
    demand: str
    goal: str
    reached: Optional[Spread]
    form: Callable[[float], str]
    meets: Callable[[float], bool]


def times(value: float) -> str:
    return f"{value:.1f}×"


def precise(value: float) -> str:
    return f"{value:.2f}×"


def at_least(bound: float) -> Callable[[float], bool]:
    return lambda value: value >= bound


def at_most(bound: float) -> Callable[[float], bool]:
    return lambda value: value <= bound


def figures(results: Results) -> list[Figure]:
    reference = {"shape": "numbers", "rows": results.reference_rows}
    largest = {"shape": "numbers", "rows": results.sizes("numbers")[-1]}
    slowest = results.plan["latencies"][-1]
    pull = results.by_round("wall", "bqpull", **reference)

    def against(contender: str) -> Optional[Spread]:
        return results.ratio(results.by_round("wall", contender, **reference), pull)

    floor = results.by_round("wall", "floor", page_size=results.best_page_size("numbers"), **reference)
    one_by_one = results.by_round("wall", "bqpull", **results.latency_case(slowest, 1))
    default = results.by_round("wall", "bqpull", **results.latency_case(slowest, None))
    memory = results.by_round("peak_memory", "bqpull", **largest)
    least_memory = results.by_round("peak_memory", "bqpull", **reference)
    long = results.by_round("wall", "bqpull", **largest)
    smallest = results.spread("wall", "select_1")

    many, few = f"{largest['rows']:,}", f"{reference['rows']:,}"
    return [
        Figure("faster than Google's Python client", "≥ 40×", "60×", against("google_client"), times, at_least(40)),
        Figure("faster than hand-tuned Python", "≥ 9×", "12×", against("hand_tuned"), times, at_least(9)),
        Figure(
            "time against SQLite inserting the same cells already decoded",
            "≤ 1.5×",
            "1.2×",
            results.ratio(pull, floor),
            precise,
            at_most(1.5),
        ),
        Figure(
            f"{results.plan['latency_pages']} pages of {slowest:,} ms latency: default faster than `--parallel 1`",
            "≥ 5×",
            "7×",
            results.ratio(one_by_one, default),
            times,
            at_least(5),
        ),
        Figure(
            f"peak memory at {many} rows against {few}",
            "≤ 1.1×",
            "",
            results.ratio(memory, least_memory),
            precise,
            at_most(1.1),
        ),
        Figure(
            f"peak memory at {many} rows",
            "< 200 MB",
            "",
            Spread.of(list(memory.values())),
            lambda value: f"{value / 1e6:.0f} MB",
            lambda value: value < 200e6,
        ),
        Figure(
            f"time at {many} rows against {few}",
            "≤ 10.5×",
            "",
            results.ratio(long, pull),
            precise,
            at_most(10.5),
        ),
        Figure(
            "`SELECT 1` into a new file, emulator already running",
            "< 100 ms",
            "",
            smallest,
            lambda value: f"{value * 1000:.0f} ms",
            lambda value: value < 0.1,
        ),
    ]
