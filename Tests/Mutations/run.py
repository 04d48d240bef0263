#!/usr/bin/env python3
"""Breaks the code in places that are drawn with a seed, and tells which breakages no test notices.

A condition is negated, a statement dropped, a constant or a comparison off by one, `min` and `max` swapped, in the files
that decide about retries, pages, tokens and publication. All breakages that are drawn are compiled into one build of a
copy of the repository, each switched on by its number in the environment; those that do not compile are replaced by the
next ones drawn. Then the tests run once for each: those of its module first, the wider ones only if they pass. A failure
counts when the test that failed fails again alone, a crash and a hang always. The table goes to standard output.

    Tests/Mutations/run.py                        60 breakages, the same ones each time
    Tests/Mutations/run.py --seed 7 --count 100
    Tests/Mutations/run.py --list                 only draws
    Tests/Mutations/run.py --only 12 31           of these 60, the tests for two

The copy is built anew the first time, which takes as long as the repository itself.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from places import Place, Source

ROOT = Path(__file__).resolve().parents[2]

FILES = [
    "GoogleHTTP/Retry/AtMost.swift",
    "GoogleHTTP/Retry/RetryAfter.swift",
    "GoogleHTTP/Retry/RetryPolicy.swift",
    "GoogleHTTP/Retry/RunBudget.swift",
    "GoogleHTTP/Retry/TransportJudge.swift",
    "GoogleOAuth/Tokens/RefreshTokenProvider.swift",
    "GoogleOAuth/Tokens/TokenAnswer.swift",
    "GoogleOAuth/Tokens/TokenEndpoint.swift",
    "BigQuery/Client/BigQueryClient.swift",
    "BigQuery/Jobs/BigQueryClient+Jobs.swift",
    "BigQuery/Pages/BigQueryClient+Pages.swift",
    "BigQueryPull/Pulling/Pull+Staging.swift",
    "BigQueryPull/Pulling/PullSession.swift",
    "BigQueryPull/Pulling/QueryPull+Staging.swift",
    "BigQueryPull/Window/PageChain.swift",
    "BigQueryPull/Window/PageSizing.swift",
    "BigQueryPull/Window/PullWindow.swift",
    "SQLiteStaging/Runs/StagingRun.swift",
    "SQLiteStaging/Tables/Publication.swift",
]

# The tests that may notice what is broken in a module, the nearest and quickest first.
SUITES = {
    "GoogleHTTP": ["GoogleHTTPTests", "GoogleOAuthTests", "BigQueryTests", "BigQueryPullTests", "FaultTests"],
    "GoogleOAuth": ["GoogleOAuthTests", "BigQueryTests", "FaultTests"],
    "BigQuery": ["BigQueryTests", "BigQueryPullTests", "FaultTests"],
    "BigQueryPull": ["BigQueryPullTests", "FaultTests"],
    "SQLiteStaging": ["SQLiteStagingTests", "BigQueryPullTests", "FaultTests"],
}

SWITCH = """\
import Foundation

/// Which breakage is switched on.
enum Mutant {
    private static let number = ProcessInfo.processInfo.environment["MUTANT"].flatMap { Int($0) }

    static func isOn(_ number: Int) -> Bool { number == Self.number }

    static func negated(_ number: Int, _ condition: Bool) -> Bool { isOn(number) != condition }
}
"""


def module(file: str) -> str:
    return file.split("/")[1]


def drawn_places(seed: int) -> list[Place]:
    """All places in an order that the seed decides; what is changed elsewhere does not change it."""
    places = []
    for name in FILES:
        file = f"Sources/{name}"
        places += Source(file, (ROOT / file).read_text()).places()
    return sorted(places, key=lambda place: hashlib.sha256(f"{seed} {place.identity}".encode()).digest())


class Draw:
    """The breakages that are built: the first ones drawn of those that compile and do not overlap."""

    def __init__(self, places: list[Place], count: int):
        self._rest = iter(places)
        self._count = count
        self.chosen: list[Place] = []
        self.dropped = 0
        self.fill()

    def fill(self) -> None:
        while len(self.chosen) < self._count:
            place = next(self._rest, None)
            if place is None:
                sys.exit(f"there are only {len(self.chosen)} places that can be broken")
            if not any(place.overlaps(other) for other in self.chosen):
                self.chosen.append(place)

    def drop(self, place: Place) -> None:
        self.chosen.remove(place)
        self.dropped += 1

    def rewritten(self) -> dict[str, str]:
        """The text of each file with its breakages."""
        texts = {}
        for name in FILES:
            file = f"Sources/{name}"
            text = (ROOT / file).read_text()
            numbered = [(number, place) for number, place in enumerate(self.chosen, 1) if place.file == file]
            for number, place in sorted(numbered, key=lambda one: -one[1].start):
                text = text[: place.start] + place.replacement.replace("#", str(number), 1) + text[place.end :]
            texts[file] = text
        return texts


class Copy:
    """The copy of the repository that is broken, built and tested."""

    def __init__(self, folder: Path):
        self.folder = folder

    def write(self, rewritten: dict[str, str]) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
            capture_output=True, text=True
        ).stdout.split("\0")
        wanted = {name: (ROOT / name).read_bytes() for name in listed if name and (ROOT / name).is_file()}
        if (ROOT / "Package.resolved").is_file():
            wanted["Package.resolved"] = (ROOT / "Package.resolved").read_bytes()
        wanted |= {file: text.encode() for file, text in rewritten.items()}
        for target in SUITES:
            wanted[f"Sources/{target}/Mutant.swift"] = SWITCH.encode()
        for top in ("Sources", "Tests"):
            for path in (self.folder / top).rglob("*"):
                if path.is_file() and str(path.relative_to(self.folder)) not in wanted:
                    path.unlink()
        for name, content in wanted.items():
            path = self.folder / name
            # What is the same is left alone, so that it is not compiled again.
            if path.is_file() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod((ROOT / name).stat().st_mode if (ROOT / name).exists() else 0o644)

    def build(self) -> list[tuple[str, int]]:
        """Builds; returns the places of errors, as file and line."""
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        build = subprocess.run(
            ["swift", "build", "--build-tests"], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        if build.returncode == 0:
            return []
        errors = re.findall(r"^(\S+\.swift):(\d+):\d+: error:", build.stdout, re.M)
        if not errors:
            sys.exit(f"the copy does not build:\n{build.stdout[-4000:]}")
        for line in sorted(set(re.findall(r"^\S+ error: .*", build.stdout, re.M))):
            tell(f"  {line}")
        base = str(self.folder) + "/"
        return sorted({(name.removeprefix(base), int(line)) for name, line in errors})

    def tests(self) -> Path:
        return self.folder / ".build/debug/bqpullPackageTests.xctest"


@dataclass
class Outcome:
    """What became of one run of tests: `what` failed, or nothing; `test` is the one that did, if one can be named."""

    what: str = ""
    test: str = ""


class Tests:
    def __init__(self, copy: Copy, log: Path):
        self._copy = copy
        self._log = log
        self._limits: dict[str, float] = {}
        # Those that fail when all run at the same time, whatever is broken.
        self._skipped: set[str] = set()

    def learn(self, suites: list[str]) -> None:
        """Runs the tests with nothing broken, for their time."""
        for suite in suites:
            start = time.monotonic()
            noticed = self._noticed(None, suite, self._skipped)
            if noticed:
                sys.exit(f"with nothing broken, {suite} fails: {noticed}")
            self._limits[suite] = max(150, 4 * (time.monotonic() - start))
            tell(f"{suite}: {time.monotonic() - start:.0f} s with nothing broken")
        if self._skipped:
            tell(f"skipped, since they do not always pass: {', '.join(sorted(self._skipped))}")

    def noticing(self, number: int, suites: list[str]) -> str:
        """What notices a breakage; empty if nothing does."""
        for suite in suites:
            noticed = self._noticed(number, suite, set(self._skipped))
            if noticed:
                return noticed
        return ""

    def _noticed(self, number: int | None, suite: str, skipped: set[str]) -> str:
        while True:
            outcome = self._run(number, [rf"^{suite}\."], skipped, self._limits.get(suite, 900))
            if not outcome.what:
                return ""
            if not outcome.test:
                return f"{suite}: {outcome.what}"
            name = rf"^{suite}\..*/{re.escape(outcome.test)}\("
            if self._run(number, [name], set(), self._limits.get(suite, 900)).what:
                return f"{suite}: {outcome.test}"
            tell(f"  {outcome.test} fails with others only")
            skipped.add(outcome.test)

    def _run(self, number: int | None, filters: list[str], skipped: set[str], limit: float) -> Outcome:
        """Runs tests until the first failure, which ends them all."""
        command = [str(self._copy.tests()), "--testing-library", "swift-testing"]
        command += [word for name in filters for word in ("--filter", name)]
        command += [word for name in sorted(skipped) for word in ("--skip", rf"/{re.escape(name)}\(")]
        environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}
        environment.pop("MUTANT", None)
        if number is not None:
            environment["MUTANT"] = str(number)
        with open(self._log, "w") as log:
            process = subprocess.Popen(
                command, cwd=self._copy.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
            hangs = threading.Event()

            def end() -> None:
                hangs.set()
                _kill(process)

            timer = threading.Timer(limit, end)
            timer.start()
            failed = ""
            try:
                for line in process.stdout or []:
                    log.write(line)
                    failure = re.search(r"✘\S* Test (\w+)\(.*recorded an issue", line)
                    if failure:
                        failed = failure[1]
                        break
            finally:
                timer.cancel()
                if failed:
                    _kill(process)
                process.wait()
                # What the tests started ends with them.
                _kill(process)
        if failed:
            return Outcome("failure", failed)
        if hangs.is_set():
            return Outcome("hang")
        return Outcome() if process.returncode == 0 else Outcome(f"crash ({process.returncode})")


def _kill(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def build(draw: Draw, copy: Copy) -> None:
    while True:
        copy.write(draw.rewritten())
        tell(f"building with {len(draw.chosen)} breakages")
        errors = copy.build()
        if not errors:
            return
        broken = [
            place for place in draw.chosen
            if any(place.file == file and place.line <= line <= place.line + place.replacement.count("\n")
                   for file, line in errors)]
        if not broken:
            sys.exit(f"the copy does not build without breakages either: {errors}")
        for place in broken:
            tell(f"  does not compile: {place.file}:{place.line} {place.kind}: {place.change}")
            draw.drop(place)
        draw.fill()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="decides what is drawn (default: 1)")
    parser.add_argument("--count", type=int, default=60, help="how many breakages (default: 60)")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="tests only these of them")
    parser.add_argument("--list", action="store_true", help="shows what is drawn, and builds nothing")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".build/mutations", help="where the copy is (default: .build/mutations)")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    draw = Draw(drawn_places(options.seed), options.count)
    if options.list:
        for number, place in enumerate(draw.chosen, 1):
            print(f"{number:3} {place.file}:{place.line} {place.kind}: {place.change}")
        return
    copy = Copy(options.folder.resolve())
    build(draw, copy)
    numbers = options.only or range(1, options.count + 1)
    tests = Tests(copy, copy.folder / ".build/mutation.log")
    modules = {module(draw.chosen[number - 1].file) for number in numbers}
    tests.learn(sorted({suite for name in modules for suite in SUITES[name]}))

    rows, survivors = [], 0
    for number in numbers:
        place = draw.chosen[number - 1]
        noticed = tests.noticing(number, SUITES[module(place.file)])
        survivors += not noticed
        rows.append(f"| {number} | {place.file.split('/', 1)[1]}:{place.line} | {place.kind} | {place.change} | {noticed or '**survived**'} |")
        tell(rows[-1])
    print(f"Seed {options.seed}: {len(rows)} breakages, {len(rows) - survivors} noticed, {survivors} survived; "
          f"{draw.dropped} others that were drawn do not compile.\n")
    print("| # | place | kind | change | noticed by |\n|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
