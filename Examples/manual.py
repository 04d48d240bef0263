"""Generates the manual of bqpull from `bqpull --experimental-dump-help`.

    manual.py BINARY man FOLDER    writes a man page for bqpull and for each of its commands into FOLDER
    manual.py BINARY reference     prints the article CommandLine.md
"""

import itertools
import json
import pathlib
import re
import subprocess
import sys

# Options of every command, described once.
COMMON = {"help", "version"}


def main(arguments):
    if len(arguments) == 3 and arguments[1] == "man":
        binary, folder = arguments[0], pathlib.Path(arguments[2])
        version = " ".join(output(binary, "--version").split()[:2])
        pages = list(commands(binary))
        for command in pages:
            (folder / f"{'-'.join(command.path)}.1").write_text(man_page(command, pages, version), "utf-8")
    elif len(arguments) == 2 and arguments[1] == "reference":
        sys.stdout.write(reference(commands(arguments[0])))
    else:
        sys.exit(__doc__)


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def commands(binary):
    """All visible commands, each before its subcommands."""
    return Command(json.loads(output(binary, "--experimental-dump-help"))["command"], []).family()


class Command:
    def __init__(self, dump, above):
        self.path = [*above, dump["commandName"]]
        self.abstract = dump.get("abstract", "")
        self.discussion = dump.get("discussion", "")
        shown = [a for a in dump.get("arguments", []) if a["shouldDisplay"]]
        self.arguments = [Argument(a) for a in shown if not above or a["valueName"] not in COMMON]
        self.children = [Command(d, self.path) for d in dump.get("subcommands", []) if d.get("shouldDisplay", True)]

    @property
    def name(self):
        return " ".join(self.path)

    def family(self):
        yield self
        for child in self.children:
            yield from child.family()

    @property
    def synopsis(self):
        needed = [a.usage for a in self.arguments if a.is_positional or not a.is_optional]
        has_options = any(not a.is_positional and a.is_optional for a in self.arguments)
        words = [self.name, "<command>" if self.children else "", *needed, "[options]" if has_options else ""]
        return " ".join(filter(None, words))


class Argument:
    def __init__(self, dump):
        self.is_positional = dump["kind"] == "positional"
        self.is_optional = dump["isOptional"]
        self.is_repeating = dump["isRepeating"]
        self.value = f"<{dump['valueName']}>"
        self.names = [("--" if n["kind"] == "long" else "-") + n["name"] for n in dump.get("names", [])]
        self.has_value = dump["kind"] == "option"
        self.text = dump.get("abstract", "")
        if discussion := dump.get("discussion"):
            self.text += "\n" + discussion
        values = dump.get("allValues", [])
        if any(v.lower() not in self.text.lower() for v in values):
            self.text += f" Values: {', '.join(values)}."
        if "defaultValue" in dump:
            self.text += f" Default: {dump['defaultValue']}."

    @property
    def label(self):
        if self.is_positional:
            return self.value
        return ", ".join(self.names) + (f" {self.value}" if self.has_value else "")

    @property
    def usage(self):
        word = self.value if self.is_positional else f"{self.names[-1]} {self.value}"
        word += " ..." if self.is_repeating else ""
        return f"[{word}]" if self.is_optional else word


def paragraphs(text):
    """The paragraphs of a text, and whether each is indented, which means verbatim."""
    for (is_blank, is_verbatim), lines in itertools.groupby(text.splitlines(), lambda l: (not l, l.startswith("  "))):
        if not is_blank:
            yield is_verbatim, [line.removeprefix("  ") for line in lines]


def man_page(command, pages, version):
    lines = [f'.TH "{"-".join(command.path).upper()}" "1" "" "{version}" "bqpull manual"', ".SH NAME"]
    lines += [rf"{roff('-'.join(command.path))} \- {roff(command.abstract.rstrip('.'))}"]
    lines += [".SH SYNOPSIS", f".B {roff(command.synopsis)}", ".SH DESCRIPTION", roff(command.abstract)]
    for is_verbatim, paragraph in paragraphs(command.discussion):
        lines += [".PP"]
        lines += [".RS 4", ".nf", *map(roff, paragraph), ".fi", ".RE"] if is_verbatim else map(roff, paragraph)
    for title, arguments in sections(command):
        lines += [f".SH {title.upper()}"]
        for argument in arguments:
            lines += [".TP", f".B {roff(argument.label)}", *map(roff, argument.text.splitlines())]
    if command.children:
        lines += [".SH COMMANDS"]
        for child in command.children:
            lines += [".TP", f".B {roff(child.name)}", roff(child.abstract)]
    above = command.path[:-1] or command.path
    others = [p for p in pages if p.path[:-1] == above or p.path == above]
    names = [f".BR {roff('-'.join(p.path))} (1)" for p in others if p.path != command.path]
    lines += [".SH SEE ALSO", *(name + "," for name in names[:-1]), *names[-1:]]
    return "\n".join(lines) + "\n"


def sections(command):
    positional = [a for a in command.arguments if a.is_positional]
    options = [a for a in command.arguments if not a.is_positional]
    return [s for s in [("Arguments", positional), ("Options", options)] if s[1]]


def roff(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + text if text[:1] in {".", "'"} else text


def reference(pages):
    lines = [
        "# The command line",
        "",
        "Every command and option of `bqpull`, as in the help of the binary.",
        "",
        "## Overview",
        "",
        "This article is generated. `Tests/reference.sh --update` rewrites it, and the tests fail if it is out of",
        "date. Every command has the option `--help`.",
    ]
    for command in pages:
        lines += ["", f"{'###' if command.path[2:] else '##'} {command.name}", "", markdown(command.abstract)]
        if command.path[1:]:
            lines += ["", "```", command.synopsis, "```"]
        for is_verbatim, paragraph in paragraphs(command.discussion):
            lines += ["", *(["```sh", *paragraph, "```"] if is_verbatim else map(markdown, paragraph))]
        if command.arguments:
            lines += [""]
        for argument in command.arguments:
            lines += [f"- `{argument.label}`: {markdown(' '.join(argument.text.splitlines()))}"]
    return "\n".join(lines) + "\n"


def markdown(text):
    return re.sub(r"([\\<*`])", r"\\\1", text)


if __name__ == "__main__":
    main(sys.argv[1:])
