"""Records ten situations on a terminal of 80 columns in Walkthrough.md, and three of its screens in terminal.svg.

Usage: .build/python/bin/python Examples/walkthrough.py BQPULL_BINARY

Needs root on Linux, to mount a small disk.
"""

import contextlib
import fcntl
import html
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios

import pyte

import servers

HERE = pathlib.Path(__file__).resolve().parent
ARTICLE = HERE.parent / "Sources/BigQueryPull/BigQueryPull.docc/Walkthrough.md"
COLUMNS, LINES = 80, 60

INTRODUCTION = """# Terminal walkthrough

Ten situations, recorded on an 80-column terminal.

The pulls run against the emulator, so times and job IDs differ on your machine. `Examples/walkthrough.py` regenerates
this page.
"""


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="bqpull-") as name:
        home = pathlib.Path(name)
        (home / "bin").mkdir()
        (home / "bin/bqpull").symlink_to(binary)
        walk = Walk(home)
        for situation in SITUATIONS:
            situation(walk)
        ARTICLE.write_text(INTRODUCTION + "".join(walk.text), "utf-8")
        pictures = [walk.pictured[name] for name in ("progress", "report", "rows")]
        (HERE / "terminal.svg").write_text(drawing(pictures), "utf-8")


class Walk:
    """A user with an empty home folder, and the text of the article."""

    def __init__(self, home):
        self.home = home
        self.text = []
        # The screens of terminal.svg, by name.
        self.pictured = {}
        self.environment = {
            "PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8",
        }

    def situation(self, title, text):
        self.text.append(f"\n## {title}\n\n{text}\n")

    def say(self, text):
        self.text.append(f"\n{text}\n")

    def type(self, *commands, actions=()):
        """Runs commands, and returns the screen. Each action has a pattern; it runs when the output matches."""
        screen = Screen(self.home, self.environment)
        for command in commands:
            screen.run(command, actions if command == commands[-1] else ())
        self.show(screen)
        return screen

    def show(self, screen):
        self.text.append("\n```text\n" + "\n".join(screen.lines()) + "\n```\n")

    @contextlib.contextmanager
    def emulator(self, *options):
        """A local BigQuery whose address and credentials are in the environment."""
        with servers.bqpull_emulator(
            "bqpull", self.home, "my-project", *options, environment=self.environment
        ) as server:
            variables = {"BIGQUERY_EMULATOR_HOST": server.url, "BQPULL_CREDENTIALS": str(server.credentials)}
            self.environment |= variables
            yield
        for name in variables:
            self.environment.pop(name, None)


class Screen:
    """A terminal."""

    def __init__(self, home, environment):
        self.home, self.environment = home, environment
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)

    def run(self, command, actions=()):
        """Runs a command in a shell on the terminal."""
        self.stream.feed(f"$ {command}\r\n".encode())
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.home)
            os.execvpe("bash", ["bash", "-c", command], self.environment)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        waiting, seen = list(actions), b""
        while True:
            ready, _, _ = select.select([terminal], [], [], 60)
            try:
                read = os.read(terminal, 65536) if ready else b""
            except OSError:
                read = b""
            if not read:
                break
            self.stream.feed(read)
            seen += read
            if waiting and re.search(waiting[0][0], seen.decode("utf-8", "replace")):
                _, action = waiting.pop(0)
                seen = b""
                action(terminal, self)
        os.close(terminal)
        os.waitpid(process, 0)

    def lines(self):
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def cells(self):
        """The characters with their attributes, by line."""
        return [[self.screen.buffer[row][column] for column in range(COLUMNS)] for row in range(len(self.lines()))]


def typing(text):
    return lambda terminal, _: os.write(terminal, text.encode())


def first_run(walk):
    walk.situation("The first run", "The first run needs no account.")
    walk.type("bqpull")
    with walk.emulator():
        walk.say(
            "In another terminal, `bqpull emulator` serves a local BigQuery and prints its address and an example"
            " command. Here the\nenvironment contains the address and the credentials.")
        walk.type(
            "bqpull query 'SELECT trip_id, vendor, fare FROM bench.trips_1000' --into staging.db",
            "sqlite3 -box staging.db 'SELECT * FROM results LIMIT 3'")
        walk.say("Without `--into`, rows are printed to standard output, truncated to the terminal width.")
        screen = walk.type("bqpull query 'SELECT trip_id, vendor, fare, rider FROM bench.trips_3' --quiet")
        walk.pictured["rows"] = screen.cells()


def no_credentials(walk):
    walk.situation("No credentials", "The error says how to provide credentials.")
    walk.type("bqpull query 'SELECT 1 AS one' --into staging.db")


def wrong_project(walk):
    walk.situation("A wrong project", "BigQuery's error message, followed by a hint.")
    with walk.emulator():
        walk.type("bqpull query 'SELECT 1 AS one' --project my-projct --into staging.db")
        walk.say("A mistyped table name gets a suggestion.")
    orders = walk.home / "orders.csv"
    orders.write_text("order_id,amount\n1,19.90\n", "utf-8")
    with walk.emulator("--load", f"sales.orders={orders}"):
        walk.type("bqpull query 'SELECT * FROM sales.ordres' --into staging.db")


def expired_token(walk):
    walk.situation(
        "An expired token", 'A week after login, the usual cause is a consent screen in "Testing".')
    with walk.emulator("--failure", "expired-or-revoked"):
        walk.type("bqpull query 'SELECT 1 AS one' --into staging.db", "bqpull auth test")


def too_expensive(walk):
    walk.situation("Too expensive", "On a terminal, bqpull asks for confirmation before anything is billed.")
    query = "bqpull query 'SELECT trip_id, vendor FROM bench.trips_5000000000'"
    with walk.emulator():
        walk.type(f"{query} --into staging.db", actions=[(r"\[y/N\]", typing("n\n"))])
        walk.say("A script must pass `--yes`. `--dry-run` shows the estimate.")
        walk.type(f"{query} --into staging.db < /dev/null", f"{query} --dry-run | head -n 9")


def network_gone(walk):
    walk.situation(
        "Network failures",
        "Requests are retried for up to ten minutes, and the pull continues where it was. Here the connection breaks in"
        " the\nmiddle of three responses.")
    faults = walk.home / "faults.json"
    resets = ", ".join(['"return-reset-connection-after-4K"'] * 3)
    faults.write_text(f'{{"instructions": {{"bigquery.jobs.getQueryResults": [{resets}]}}}}', "utf-8")
    with walk.emulator("--faults", str(faults)):
        walk.type("bqpull query 'SELECT * FROM bench.trips_20000' --page-rows 2000 --into staging.db")
    walk.say("If the service is unreachable, `--verbose` shows each attempt. Staged rows are kept for the next run.")
    walk.environment |= {"BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9"}
    walk.type(
        "bqpull query 'SELECT 1 AS one' --project my-project --into staging.db --verbose",
        actions=[("(?s)retrying in.*retrying in", typing("\x03"))])
    walk.environment.pop("BIGQUERY_EMULATOR_HOST")


def interrupted(walk):
    walk.situation(
        "Ctrl-C and resume", "The rows that have arrived are kept, and the job does not run a second time.")
    command = "bqpull query 'SELECT * FROM bench.numbers_400000' --into numbers.db"
    with walk.emulator("--page-latency", "150"):
        def stop(terminal, screen):
            walk.pictured["progress"] = screen.cells()
            os.write(terminal, b"\x03")

        walk.type(command, actions=[(r"\((?:[3-9]\d) %\).*page", stop)])
        screen = walk.type(command)
        walk.pictured["report"] = screen.cells()
        walk.type("bqpull runs numbers.db")


def full_disk(walk):
    walk.situation(
        "A full disk",
        "bqpull checks that the rows fit before the query runs. On a terminal, it asks for confirmation.")
    disk = walk.home / "disk"
    disk.mkdir()
    # A disk of two megabytes.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True)
    try:
        with walk.emulator():
            command = "bqpull query 'SELECT * FROM bench.trips_20000' --into disk/staging.db"
            walk.type(command, actions=[(r"\[y/N\]", lambda terminal, _: os.write(terminal, b"n\n"))])
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            walk.say("After freeing disk space:")
            walk.type(command)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def head(walk):
    walk.situation("| head", "When the reader closes the pipe, the pull ends quietly with exit code 0.")
    with walk.emulator():
        walk.type(
            "bqpull query 'SELECT trip_id, vendor FROM bench.trips_300000' --quiet | head -n 3; echo ${PIPESTATUS[0]}")


def two_at_once(walk):
    walk.situation(
        "Concurrent pulls",
        "Only one pull at a time can write to a table. Pulls into different tables of one file run in parallel.")
    with walk.emulator("--page-latency", "300"):
        command = "bqpull query 'SELECT * FROM bench.trips_20000' --page-rows 1000 --into staging.db --table trips"
        other = Screen(walk.home, walk.environment)

        def second(_, __):
            other.run(f"{command} --restart")

        walk.type(command, actions=[(r"\(\d+ %\)", second)])
        walk.say("Meanwhile, in another terminal:")
        walk.show(other)


SITUATIONS = [
    first_run, no_credentials, wrong_project, expired_token, too_expensive, network_gone, interrupted, full_disk, head,
    two_at_once,
]

COLORS = {"red": "#ff6b6b", "brown": "#e5c07b", "yellow": "#e5c07b", "default": "#d8dee9"}


def drawing(pictures):
    """Draws screens below each other as SVG."""
    rows = [row for cells in pictures for row in [*cells, []]][:-1]
    size, height = 13, 18
    width = round(COLUMNS * size * 0.602) + 24
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{len(rows) * height + 24}" '
        f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{size}">',
        '<rect width="100%" height="100%" rx="8" fill="#1e2430"/>',
    ]
    for number, row in enumerate(rows):
        text = "".join(map(span, row)).rstrip()
        lines.append(
            f'<text x="12" y="{number * height + 26}" fill="{COLORS["default"]}" xml:space="preserve">{text}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def span(cell):
    text = html.escape(cell.data)
    if cell.fg == "default" and not cell.bold:
        return text
    weight = ' font-weight="bold"' if cell.bold else ""
    return f'<tspan fill="{COLORS.get(cell.fg, COLORS["default"])}"{weight}>{text}</tspan>'


if __name__ == "__main__":
    main()
