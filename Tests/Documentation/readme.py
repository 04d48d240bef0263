"""Types the commands of README.md, one after another, as a new user would: against a local BigQuery with a table sales.orders,
with a browser that allows everything. Every line of every ```sh block is run, or named below with the reason why not.

Usage: readme.py BQPULL_BINARY [PYTHON]     PYTHON has datasette, duckdb and pandas, else lines that need them are left out
"""

import html
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Programs of the repository: other parts of CI run them. That they are there is checked.
SCRIPT = re.compile(r"(?:\w+=\S+ )*((?:Examples|Tests|Benchmarks)/\S+)")
# Servers, which end when they are told to, and what they say when they are there.
SERVERS = {"bqpull emulator": "listening on ", "datasette": "Uvicorn running on "}


def main():
    binary, python = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).absolute() if len(sys.argv) > 2 else None
    lines = [line for block in BLOCK.finditer((ROOT / "README.md").read_text("utf-8")) for line in commands(block[1])]
    with tempfile.TemporaryDirectory(prefix="bqpull-") as name:
        user = User(pathlib.Path(name), binary, python)
        with user.server(
            "bqpull emulator --project my-project --load sales.orders=Examples/Data/orders.csv --client-file client_secret.json "
            "--credentials-file credentials.json --bucket my-bucket=bucket"
        ) as output:
            user.environment["BIGQUERY_EMULATOR_HOST"] = re.search(r"listening on (\S+)", output)[1]
            # So many commands, and none that was missed.
            typed = [line for line in lines if user.type(line)]
    print(f"README: {len(typed)} commands typed, {len(lines) - len(typed)} are run by other parts")
    return 0 if typed else 1


def commands(block):
    """The commands of a block, without comments; a backslash continues a line."""
    lines = block.replace("\\\n", " ").splitlines()
    return [line.strip() for line in (re.sub(r"(^|\s)#.*", "", line) for line in lines) if line.strip()]


class User:
    """Somebody with an empty home, in a folder of their own."""

    def __init__(self, folder, binary, python):
        self.folder = folder
        self.has_python_packages = python is not None
        programs = folder / "bin"
        programs.mkdir()
        (folder / "bucket").mkdir()
        (programs / "bqpull").symlink_to(binary)
        browser = programs / "browser"
        browser.write_text(f"#!/bin/sh\nexec {sys.executable} {__file__} --allow \"$1\"\n", "utf-8")
        browser.chmod(0o755)
        path = [str(programs), *([str(python.parent)] if python else []), os.environ["PATH"]]
        self.environment = {"PATH": ":".join(path), "HOME": str(folder), "BROWSER": str(browser)}
        if python:
            self.provide_extension(python)
        (folder / "Examples").symlink_to(ROOT / "Examples")
        (folder / "orders.sql").write_text("SELECT order_id, day, amount FROM sales.orders", "utf-8")

    def provide_extension(self, python):
        """Puts DuckDB's reader of SQLite, which came as a Python package, where it looks before it would download it."""
        code = (
            "import duckdb, duckdb_extension_sqlite_scanner as package\n"
            "print(package.__path__[0], duckdb.__version__, duckdb.sql('PRAGMA platform').fetchone()[0], sep='\\n')"
        )
        package, version, platform = subprocess.check_output([python, "-c", code], encoding="utf-8").splitlines()
        place = self.folder / ".duckdb" / "extensions" / f"v{version}" / platform
        place.mkdir(parents=True)
        name = "sqlite_scanner.duckdb_extension"
        (place / name).symlink_to(pathlib.Path(package, "extensions", f"v{version}", name))

    def type(self, line):
        """Runs a command; tells whether that is done here."""
        script = SCRIPT.match(line)
        if script:
            if not os.access(ROOT / script[1], os.X_OK):
                sys.exit(f"error: README names {script[1]}, which is no program")
            return False
        if not self.has_python_packages and re.match("python3|datasette", line):
            return False
        if server_of(line):
            with self.server(line):
                return True
        result = subprocess.run(
            ["bash", "-c", f"set -o pipefail\n{line}"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=120,
        )
        if result.returncode:
            sys.exit(f"error: README: {line}\nended with {result.returncode}:\n{result.stdout}")
        return True

    def server(self, line):
        return Server(line, server_of(line), self.folder, self.environment)


def server_of(line):
    return next((said for command, said in SERVERS.items() if line.startswith(command)), None)


class Server:
    """A command that goes on until it is ended; what it said until it was there."""

    def __init__(self, line, said, folder, environment):
        self.line, self.said, self.folder, self.environment = line, said, folder, environment

    def __enter__(self):
        log = self.folder / "server.log"
        with open(log, "wb") as file:
            self.process = subprocess.Popen(
                ["bash", "-c", f"exec {self.line}"], cwd=self.folder, env=self.environment, stdout=file, stderr=file)
        for _ in range(300):
            text = log.read_text("utf-8")
            if self.said in text and text.endswith("\n"):
                return text
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        sys.exit(f"error: README: {self.line} did not start:\n{log.read_text('utf-8')}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def allow(address):
    """What a user does with the page of consent: leaves all boxes ticked, and allows."""
    with urllib.request.urlopen(address) as answer:
        page = answer.read().decode()
    fields = re.findall(r'name="(request)" value="([^"]+)"', page) + re.findall(r'name="(scope)" value="([^"]+)" checked', page)
    form = urllib.parse.urlencode([*((name, html.unescape(value)) for name, value in fields), ("decision", "allow")])
    # The answer leads back to the program that waits for it.
    urllib.request.urlopen(urllib.parse.urljoin(address, "/o/oauth2/v2/auth"), form.encode()).close()


if __name__ == "__main__":
    sys.exit(allow(sys.argv[2]) if sys.argv[1] == "--allow" else main())
