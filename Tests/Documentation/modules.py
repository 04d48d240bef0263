"""Where the compiler finds the modules of the last debug build."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / ".build"


def flags():
    """Those of the command that compiled the target which has the most of them."""
    commands = re.findall(r'^    args: (\["[^"]*swiftc".*\])$', (BUILD / "debug.yaml").read_text("utf-8"), re.MULTILINE)
    arguments = iter(max(map(json.loads, commands), key=lambda arguments: arguments.count("-Xcc")))
    return [word for flag in arguments if flag in {"-I", "-Xcc", "-target", "-sdk"} for word in (flag, next(arguments))]
