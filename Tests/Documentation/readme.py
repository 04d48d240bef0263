"""Runs every command of README.md, as a new user would, against a local BigQuery and a browser that consents to all.

Usage: readme.py BQPULL_BINARY [FOLDER]

With FOLDER, also runs Examples/notebook.md as one program, and copies its pictures into FOLDER. That needs curl,
chromium and a font. Run it with the interpreter of .build/python, which has datasette, duckdb, matplotlib and pandas.
"""

import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import duckdb
import duckdb_extension_sqlite_scanner

import servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The block of README.md that a user runs every night. It is run on two nights.
NIGHTLY = re.compile(r"every night:\n\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Scripts of the repository, which run elsewhere; only their existence is checked.
SCRIPT = re.compile(r"(?:\w+=\S+ )*((?:Examples|Tests|Benchmarks)/\S+)")
ANNOUNCEMENTS = {"bqpull emulator": servers.LISTENING, "datasette": servers.UVICORN}
EMULATOR = [
    *("bqpull", "emulator", "--project", "my-project", "--load", "sales.orders=Examples/Data/orders.csv"),
    *("--load", "nycflights.flights=Examples/Data/flights.csv", "--client-file", "client_secret.json"),
    *("--credentials-file", "credentials.json", "--bucket", "my-bucket=bucket"),
]


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="bqpull-") as name:
        user = User(pathlib.Path(name), binary)
        with user.server(EMULATOR, servers.LISTENING) as emulator:
            user.environment["BIGQUERY_EMULATOR_HOST"] = emulator.url
            nightly = NIGHTLY.search((ROOT / "README.md").read_text("utf-8"))[1]
            lines = [
                line for _, code in blocks("README.md", "sh")
                for line in commands(code) * (2 if code == nightly else 1)
            ]
            count = sum([user.type(line) for line in lines])
            print(f"README: {count} commands run, {len(lines) - count} scripts that run elsewhere")
            if len(sys.argv) > 2:
                user.run_notebook(pathlib.Path(sys.argv[2]))
    return 0 if count else 1


def blocks(file, *languages):
    return [block for block in BLOCK.findall((ROOT / file).read_text("utf-8")) if block[0] in languages]


def commands(block):
    """The commands of a block, without comments and line continuations."""
    lines = block.replace("\\\n", " ").splitlines()
    return [line.strip() for line in (re.sub(r"(^|\s)#.*", "", line) for line in lines) if line.strip()]


class User:
    """A user with an empty home folder."""

    def __init__(self, folder, binary):
        self.folder = folder
        programs = folder / "bin"
        programs.mkdir()
        (folder / "bucket").mkdir()
        (programs / "bqpull").symlink_to(binary)
        browser = programs / "browser"
        browser.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} --allow "$1"\n', "utf-8")
        browser.chmod(0o755)
        path = [str(programs), str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = {"PATH": ":".join(path), "HOME": str(folder), "BROWSER": str(browser)}
        self.provide_extension()
        (folder / "Examples").symlink_to(ROOT / "Examples")
        (folder / "orders.sql").write_text("SELECT order_id, day, amount FROM sales.orders", "utf-8")

    def provide_extension(self):
        """Puts the SQLite extension of DuckDB, a Python package, where DuckDB looks before it downloads."""
        version = f"v{duckdb.__version__}"
        place = self.folder / ".duckdb/extensions" / version / duckdb.sql("PRAGMA platform").fetchone()[0]
        place.mkdir(parents=True)
        name = "sqlite_scanner.duckdb_extension"
        package = pathlib.Path(duckdb_extension_sqlite_scanner.__path__[0])
        (place / name).symlink_to(package / "extensions" / version / name)

    def type(self, line):
        """Runs a command, unless it is a script of the repository; returns whether it ran."""
        if script := SCRIPT.match(line):
            if not os.access(ROOT / script[1], os.X_OK):
                sys.exit(f"error: README names {script[1]}, which is not a program")
            return False
        announcement = next((said for command, said in ANNOUNCEMENTS.items() if line.startswith(command)), None)
        if announcement:
            with self.server(["bash", "-c", f"exec {line}"], announcement):
                return True
        self.run(line, f"README: {line}")
        return True

    def run(self, program, name):
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", program], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=120,
        )
        if result.returncode:
            sys.exit(f"error: {name} exited with {result.returncode}:\n{result.stdout}")

    def run_notebook(self, pictures):
        self.environment["BQPULL_CREDENTIALS"] = str(self.folder / "credentials.json")
        program = ["trap 'kill $(jobs -p) 2>/dev/null' EXIT"]
        for language, code in blocks("Examples/notebook.md", "sh", "python"):
            program.append(code if language == "sh" else f"python3 - <<'END'\n{code}END")
        self.run("\n".join(program), "notebook.md")
        pictures.mkdir(parents=True, exist_ok=True)
        for name in "pandas.png", "datasette.png":
            shutil.copy(self.folder / name, pictures)
        print(f"notebook: 2 pictures in {pictures}")

    def server(self, command, announcement):
        return servers.running(command, announcement, self.folder / "server.log", self.environment, self.folder)


def allow(address):
    """Consents to all scopes on the page of the emulator."""
    with urllib.request.urlopen(address) as response:
        page = response.read().decode()
    fields = re.findall(r'name="(request)" value="([^"]+)"', page)
    fields += re.findall(r'name="(scope)" value="([^"]+)" checked', page)
    form = urllib.parse.urlencode([*((name, html.unescape(value)) for name, value in fields), ("decision", "allow")])
    # The response redirects to the waiting program.
    urllib.request.urlopen(urllib.parse.urljoin(address, "/o/oauth2/v2/auth"), form.encode()).close()


if __name__ == "__main__":
    sys.exit(allow(sys.argv[2]) if sys.argv[1] == "--allow" else main())
