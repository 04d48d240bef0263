"""Walks through ten situations at a terminal of 80 columns, and writes what the screen showed.

Usage: walkthrough.py BQPULL_BINARY

Writes Sources/BigQueryPull/BigQueryPull.docc/Walkthrough.md, and terminal.svg beside this file. Needs Linux, bash and the
Python package pyte, which is a terminal without a window.
"""

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
import time

import pyte

HERE = pathlib.Path(__file__).resolve().parent
ARTICLE = HERE.parent / "Sources/BigQueryPull/BigQueryPull.docc/Walkthrough.md"
COLUMNS, LINES = 80, 60

INTRODUCTION = """# What the screen shows

Ten situations at a terminal of 80 columns, as they were recorded.

The pulls are from a local BigQuery, so that times and job ids are those of one machine on one day; everything else is what
you would see. `Examples/walkthrough.py` records this page again.
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
    """A user with an empty home, who writes down what they see."""

    def __init__(self, home):
        self.home = home
        self.text = []
        # What the picture shows, by name.
        self.pictured = {}
        self.environment = {
            "PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "TERM": "xterm-256color", "PS1": "$ ",
            "LANG": "C.UTF-8",
        }

    def situation(self, title, words):
        self.text.append(f"\n## {title}\n\n{words}\n")

    def say(self, words):
        self.text.append(f"\n{words}\n")

    def type(self, *commands, actions=(), shown=None):
        """Types commands; at each pattern of `actions` in what is shown, does something. Returns the screen."""
        screen = Screen(self.home, self.environment)
        for command in commands:
            screen.run(command, actions if command == commands[-1] else ())
        lines = screen.lines()
        self.text.append("\n```text\n" + "\n".join(shown(lines) if shown else lines) + "\n```\n")
        return screen

    def emulator(self, *options):
        return Emulator(self, options)


class Emulator:
    """A local BigQuery, whose address and credentials the user has in the environment."""

    def __init__(self, walk, options):
        self.walk, self.options = walk, options

    def __enter__(self):
        log = self.walk.home / "emulator.log"
        with open(log, "wb") as file:
            self.process = subprocess.Popen(
                ["bqpull", "emulator", "--project", "my-project", "--credentials-file", "credentials.json", *self.options],
                cwd=self.walk.home, env=self.walk.environment, stdout=file, stderr=file,
            )
        while not (match := re.search(r"listening on (\S+)", log.read_text("utf-8"))):
            if self.process.poll() is not None:
                sys.exit(log.read_text("utf-8"))
            time.sleep(0.05)
        self.walk.environment |= {
            "BIGQUERY_EMULATOR_HOST": match[1], "BQPULL_CREDENTIALS": f"{self.walk.home}/credentials.json"}
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        for name in ["BIGQUERY_EMULATOR_HOST", "BQPULL_CREDENTIALS"]:
            self.walk.environment.pop(name, None)


class Screen:
    """A terminal, and what is on it."""

    def __init__(self, home, environment):
        self.home, self.environment = home, environment
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)

    def run(self, command, actions=()):
        """Runs a command in a shell of the terminal, to its end."""
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
        """Characters with their colour, line by line."""
        return [[self.screen.buffer[row][column] for column in range(COLUMNS)] for row in range(len(self.lines()))]


def typing(text):
    return lambda terminal, _: os.write(terminal, text.encode())


def first_run(walk):
    walk.situation("The first run", "No account is needed to see what it does.")
    walk.type("bqpull")
    with walk.emulator():
        walk.say(
            "In another window `bqpull emulator` serves a local BigQuery, and prints an address and a command to type; here both\n"
            "stand in the environment.")
        walk.type(
            "bqpull query 'SELECT trip_id, vendor, fare FROM bench.trips_1000' --into staging.db",
            "sqlite3 -box staging.db 'SELECT * FROM results LIMIT 3'")
        walk.say("Without `--into` the rows go to the screen, cut to its width.")
        screen = walk.type("bqpull query 'SELECT trip_id, vendor, fare, rider FROM bench.trips_3' --quiet")
        walk.pictured["rows"] = screen.cells()


def no_credentials(walk):
    walk.situation("No credentials", "It says where it looked, and the command that gets some.")
    walk.type("bqpull query 'SELECT 1 AS one' --into staging.db")


def wrong_project(walk):
    walk.situation("A wrong project", "BigQuery's own words, and what to do.")
    with walk.emulator():
        walk.type("bqpull query 'SELECT 1 AS one' --project my-projct --into staging.db")
        walk.say("A table that is mistyped gets a suggestion.")
    orders = walk.home / "orders.csv"
    orders.write_text("order_id,amount\n1,19.90\n", "utf-8")
    with walk.emulator("--load", f"sales.orders={orders}"):
        walk.type("bqpull query 'SELECT * FROM sales.ordres' --into staging.db")


def expired_token(walk):
    walk.situation(
        "A token that has ended", "The usual reason a week after the login: the consent screen is still in \"Testing\".")
    with walk.emulator("--failure", "expired-or-revoked"):
        walk.type("bqpull query 'SELECT 1 AS one' --into staging.db", "bqpull auth test")


def too_expensive(walk):
    walk.situation("Too expensive", "Nothing is billed before somebody agrees. A terminal asks.")
    query = "bqpull query 'SELECT * FROM bench.trips_5000000000'"
    with walk.emulator():
        walk.type(f"{query} --into staging.db", actions=[(r"\[y/N\]", typing("n\n"))])
        walk.say("A script is not asked, and has to say `--yes`. `--dry-run` shows what there is to know.")
        walk.type(f"{query} --into staging.db < /dev/null", f"{query} --dry-run | head -n 9")


def network_gone(walk):
    walk.situation(
        "The network is gone",
        "Requests are sent again, for up to ten minutes, and go on where they were. Here the connection breaks in the\n"
        "middle of three answers.")
    faults = walk.home / "faults.json"
    resets = ", ".join(['"return-reset-connection-after-4K"'] * 3)
    faults.write_text(f'{{"instructions": {{"bigquery.jobs.getQueryResults": [{resets}]}}}}', "utf-8")
    with walk.emulator("--faults", str(faults)):
        walk.type("bqpull query 'SELECT * FROM bench.trips_20000' --page-rows 2000 --into staging.db")
    walk.say("When nobody answers at all, `--verbose` shows what is tried; the rows that are staged wait for the same command.")
    walk.environment |= {"BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9"}
    walk.type(
        "bqpull query 'SELECT 1 AS one' --project my-project --into staging.db --verbose",
        actions=[("(?s)again in.*again in", typing("\x03"))])
    walk.environment.pop("BIGQUERY_EMULATOR_HOST")


def interrupted(walk):
    walk.situation(
        "Ctrl-C, and on", "The rows that have arrived are kept, and the job is not run a second time.")
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
    walk.situation("A disk that is too small", "The query is not run before it is known that its rows will fit; a script is not asked.")
    disk = walk.home / "disk"
    disk.mkdir()
    # A disk of two megabytes, which only this process and its children see.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True)
    try:
        with walk.emulator():
            command = "bqpull query 'SELECT * FROM bench.trips_20000' --into disk/staging.db"
            walk.type(command, actions=[(r"\[y/N\]", lambda terminal, _: os.write(terminal, b"n\n"))])
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            walk.say("After some space was freed:")
            walk.type(command)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def head(walk):
    walk.situation("| head", "Who reads no more has what they want: the pull ends, quietly and with 0.")
    with walk.emulator():
        walk.type(
            "bqpull query 'SELECT trip_id, vendor FROM bench.trips_300000' --quiet | head -n 3; echo ${PIPESTATUS[0]}")


def two_at_once(walk):
    walk.situation("Two at once", "Two pulls into one table would mix. Into different tables of one file they go side by side.")
    with walk.emulator("--page-latency", "300"):
        command = "bqpull query 'SELECT * FROM bench.trips_20000' --page-rows 1000 --into staging.db --table trips"
        other = Screen(walk.home, walk.environment)

        def second(_, __):
            other.run(f"{command} --restart")

        walk.type(command, actions=[(r"\(\d+ %\)", second)])
        walk.say("Meanwhile, in another window:")
        walk.text.append("\n```text\n" + "\n".join(other.lines()) + "\n```\n")


SITUATIONS = [
    first_run, no_credentials, wrong_project, expired_token, too_expensive, network_gone, interrupted, full_disk, head,
    two_at_once,
]

COLOURS = {"red": "#ff6b6b", "brown": "#e5c07b", "yellow": "#e5c07b", "default": "#d8dee9"}


def drawing(pictures):
    """The screens of a recording below each other, as an SVG image."""
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
            f'<text x="12" y="{number * height + 26}" fill="{COLOURS["default"]}" xml:space="preserve">{text}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def span(cell):
    """A character, with its colour if it has one."""
    text = html.escape(cell.data)
    if cell.fg == "default" and not cell.bold:
        return text
    weight = ' font-weight="bold"' if cell.bold else ""
    return f'<tspan fill="{COLOURS.get(cell.fg, COLOURS["default"])}"{weight}>{text}</tspan>'


if __name__ == "__main__":
    main()
