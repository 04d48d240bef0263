"""Compiles every block of Swift in README.md, the DocC articles and Examples/*.md, without running it.

A block that begins with `import` begins a program of its own; one that does not continues the block before it in the same
article. A program is compiled as the top level of a main.swift. Nothing is added to it.
"""

import concurrent.futures
import os
import re
import subprocess
import sys

import modules
from modules import BUILD, ROOT

BLOCK = re.compile(r"^```swift\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main():
    articles = [ROOT / "README.md", *sorted(ROOT.glob("Sources/*/*.docc/*.md")), *sorted(ROOT.glob("Examples/*.md"))]
    programs = [program for article in articles for program in programs_of(article)]
    flags = modules.flags()
    folder = BUILD / "snippets"
    folder.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = list(pool.map(lambda p: compile_errors(p[1], folder / f"{p[0]}.swift", flags), enumerate(programs)))
    print("".join(errors), end="", file=sys.stderr)
    blocks, failed = sum(p.count("#sourceLocation") for p in programs), sum(map(bool, errors))
    print(f"snippets: {blocks} blocks in {len(programs)} programs, {failed} of them do not compile")
    return 1 if failed or not programs else 0


def programs_of(article):
    text = article.read_text("utf-8")
    programs = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        # Errors are shown where the block stands.
        source = f'#sourceLocation(file: "{article.relative_to(ROOT)}", line: {line})\n{block[1]}'
        if block[1].startswith("import ") or not programs:
            programs.append(source)
        else:
            programs[-1] += source
    return programs


def compile_errors(program, file, flags):
    file.write_text(program, "utf-8")
    # Not -typecheck, which does not see everything that is an error.
    command = ["swiftc", "-emit-sil", "-o", os.devnull, "-swift-version", "6", "-warnings-as-errors", *flags, str(file)]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    return result.stdout if result.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
