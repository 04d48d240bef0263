"""On what the figures were measured."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pathlib
import platform
import re
import sqlite3
import subprocess
from typing import Any, Optional, Sequence

PACKAGES = ["google-cloud-bigquery", "pandas", "pyarrow", "orjson", "urllib3"]


def machine(work: pathlib.Path) -> dict[str, Any]:
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", cpu)
    memory = re.search(r"MemTotal:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    return {
        "cpu": (model.group(1) if model else platform.machine()) + (" (virtual)" if " hypervisor" in cpu else ""),
        "cores": os.cpu_count(),
        "memory": int(memory.group(1)) * 1024 if memory else None,
        "system": _distribution(),
        "kernel": platform.release(),
        "file_system": _file_system(work),
    }


def versions(bqpull: str, floor: str) -> dict[str, str]:
    root = pathlib.Path(__file__).resolve().parents[2]
    of_floor = json.loads(_said([floor, "versions"]) or "{}")
    found = {
        "bqpull": _said([bqpull, "--version"]),
        "commit": _said(["git", "-C", str(root), "rev-parse", "--short", "HEAD"]),
        "Swift": _first(r"Swift version (\S+)", _said(["swift", "--version"])),
        "C compiler": (_said(["cc", "--version"]) or "").partition("\n")[0],
        "SQLite": of_floor.get("SQLite"),
        "zlib": of_floor.get("zlib"),
        "Python": platform.python_version(),
        "SQLite in Python": sqlite3.sqlite_version,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }
    return {name: version for name, version in found.items() if version}


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _file_system(folder: pathlib.Path) -> Optional[str]:
    mounts = (line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines())
    above = [(point, kind) for _, point, kind, *_ in mounts if folder.resolve().is_relative_to(point)]
    return max(above, key=lambda mount: len(mount[0]))[1] if above else None


def _said(command: Sequence[str]) -> Optional[str]:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _first(pattern: str, text: Optional[str]) -> Optional[str]:
    match = re.search(pattern, text or "")
    return match.group(1) if match else None
