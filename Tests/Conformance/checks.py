"""Groups of checks, one printed line each, and the closing line."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import Any, Callable, Iterator, NoReturn


class Checks:
    """Counts what passed and what failed."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.passed = 0
        self.failed = 0

    @contextlib.contextmanager
    def group(self, name: str) -> Iterator["Group"]:
        """Runs a group to its end or to its first error, and prints its line."""
        group = Group()
        try:
            yield group
        except Exception as error:  # a broken group must not hide the ones after it
            place = traceback.extract_tb(error.__traceback__)[-1]
            group.failures.append(f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})")
        self.passed += group.passed
        self.failed += len(group.failures)
        if not group.failures and group.passed == 0:
            self.failed += 1
            group.failures.append("nothing was checked")
        print(
            f"{'FAIL' if group.failures else 'ok':4}  {self.title}: {name} ({group.passed} passed)",
            flush=True,
        )
        for failure in group.failures:
            print("      " + failure.replace("\n", "\n      ")[:2000], flush=True)

    def finish(self) -> NoReturn:
        """Prints the closing line and ends the program: 0 if all passed, else 1."""
        print(f"{self.title}: {self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


class Group:
    """The checks of one group."""

    def __init__(self) -> None:
        self.passed = 0
        self.failures: list[str] = []

    def check(self, condition: Any, what: str) -> None:
        if condition:
            self.passed += 1
        else:
            self.failures.append(what)

    def equal(self, have: Any, want: Any, what: str) -> None:
        self.check(have == want, f"{what}: {have!r}, not {want!r}")

    @contextlib.contextmanager
    def raises(self, kind: type[Exception], words: str, what: str, text: Callable[[Any], str] = str) -> Iterator[None]:
        """Passes if the body raises a `kind` whose text contains `words`."""
        try:
            yield
        except kind as error:
            self.check(words in text(error), f"{what}: {words!r} is not in {error}")
        else:
            self.failures.append(f"{what}: no {kind.__name__}")
