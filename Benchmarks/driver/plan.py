"""What is measured, and at which sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional

PEERS = ["google_client", "pandas_to_sql", "hand_tuned"]


@dataclass(frozen=True)
class Case:
    """One contender with one job."""

    contender: str
    shape: str
    rows: int
    latency: int = 0
    parallel: Optional[int] = None
    page_rows: Optional[int] = None


@dataclass(frozen=True)
class Plan:
    rounds: int
    #: Where everybody is compared.
    reference_rows: int
    rows: dict[str, list[int]]
    #: Milliseconds that a page waits.
    latencies: list[int]
    latency_pages: int
    #: Tables with more rows than this are measured against the floor in the first round only.
    floor_rows_every_round: int

    def compared(self) -> Iterator[Case]:
        """bqpull, and then the peers, where everybody is compared."""
        for contender in ["bqpull", *PEERS]:
            yield Case(contender, "numbers", self.reference_rows)

    def by_rows(self) -> Iterator[Case]:
        """bqpull over all shapes and numbers of rows."""
        for shape, sizes in self.rows.items():
            for rows in sizes:
                yield Case("bqpull", shape, rows)

    def with_latency(self, latency: int, parallel: Optional[int]) -> Case:
        page_rows = self.reference_rows // self.latency_pages
        return Case("bqpull", "numbers", self.reference_rows, latency, parallel, page_rows)


def whole(rounds: int) -> Plan:
    return Plan(
        rounds=rounds,
        reference_rows=500_000,
        rows={
            "numbers": [100_000, 500_000, 1_000_000, 5_000_000],
            # Wider rows take longer, and the whole run is to stay below twenty minutes.
            "texts": [100_000, 500_000, 1_000_000],
            "nested": [100_000, 500_000, 1_000_000],
        },
        latencies=[0, 100, 1000],
        latency_pages=20,
        floor_rows_every_round=500_000,
    )


def quick(rounds: int) -> Plan:
    """Sizes that say nothing, to see that everything works."""
    return Plan(
        rounds=rounds,
        reference_rows=5000,
        rows={"numbers": [1000, 5000, 10_000, 50_000], "texts": [1000, 5000], "nested": [1000, 5000]},
        latencies=[0, 10, 100],
        latency_pages=20,
        floor_rows_every_round=5000,
    )
