"""Compiles every block of Swift in README.md, the DocC articles and Examples/*.md: snippets.py [BUILD_PATH]

A block that begins with `import` begins a program of its own; one that does not continues the block before it in the same
article. A program is compiled as the top level of a main.swift would be, without being run. Nothing is added to it.

The modules are those of the last debug build in BUILD_PATH (.build), found by the flags that its targets were compiled with.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```swift\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(build):
    articles = [ROOT / "README.md", *sorted(ROOT.glob("Sources/*/*.docc/*.md")), *sorted(ROOT.glob("Examples/*.md"))]
    programs = [program for article in articles for program in programs_of(article)]
    flags = module_flags(build)
    folder = build / "snippets"
    folder.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = list(pool.map(lambda p: compile_errors(p[1], folder / f"{p[0]}.swift", flags), enumerate(programs)))
    print("".join(errors), end="", file=sys.stderr)
    failed = sum(map(bool, errors))
    blocks = sum(p.count("#sourceLocation") for p in programs)
    print(f"snippets: {blocks} blocks in {len(programs)} programs, {failed} of them do not compile")
    return 1 if failed or not programs else 0


def programs_of(article):
    text = article.read_text("utf-8")
    programs = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        # Errors are shown where the block stands.
        source = f'#sourceLocation(file: "{article.relative_to(ROOT)}", line: {line})\n{block[1]}'
        if re.match(r"(@\w+ |public )?import ", block[1]) or not programs:
            programs.append(source)
        else:
            programs[-1] += source
    return programs


def module_flags(build):
    """What leads the compiler to the modules, from the command that compiled the target which has the most of them."""
    commands = re.findall(r'^    args: (\["[^"]*swiftc".*\])$', (build / "debug.yaml").read_text("utf-8"), re.MULTILINE)
    arguments = iter(max(map(json.loads, commands), key=lambda arguments: arguments.count("-Xcc")))
    return [word for flag in arguments if flag in {"-I", "-Xcc", "-target", "-sdk"} for word in (flag, next(arguments))]


def compile_errors(program, file, flags):
    file.write_text(program, "utf-8")
    command = ["swiftc", "-typecheck", "-swift-version", "6", "-warnings-as-errors", *flags, str(file)]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    return result.stdout if result.returncode else ""


if __name__ == "__main__":
    sys.exit(main((ROOT / (sys.argv[1] if sys.argv[1:] else ".build")).resolve()))
