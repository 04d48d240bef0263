"""Checks the documentation against the modules of the last debug build.

Compiles every Swift block of README.md, the DocC articles and Examples/*.md. A block that begins with `import` starts a
program; any other continues the program before it in the same article. A block in a doc comment is a program of its
own. Then checks the DocC catalogue of each library product: every link resolves, and the first page names every public
type and function.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
BLOCK = re.compile(r"^```swift\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT_BLOCK = re.compile(r"^ */// ```swift\n((?: *///.*\n)*?) */// ```$", re.MULTILINE)


def main():
    flags = module_flags()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        is_valid = check_snippets(flags, pool) & check_catalogues(flags, pool)
    return 0 if is_valid else 1


def module_flags():
    """The flags that make all modules visible: those of the compiler call with the most C modules."""
    commands = re.findall(r'^    args: (\["[^"]*swiftc".*\])$', (BUILD / "debug.yaml").read_text("utf-8"), re.MULTILINE)
    arguments = iter(max(map(json.loads, commands), key=lambda arguments: arguments.count("-Xcc")))
    return [word for flag in arguments if flag in {"-I", "-Xcc", "-target", "-sdk"} for word in (flag, next(arguments))]


def run(*command):
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    return result.returncode, result.stdout


def check_snippets(flags, pool):
    articles = [ROOT / "README.md", *sorted(ROOT.glob("Sources/*/*.docc/*.md")), *sorted(ROOT.glob("Examples/*.md"))]
    programs = [program for article in articles for program in programs_of(article)]
    programs += [program for file in sorted(ROOT.glob("Sources/**/*.swift")) for program in programs_in_comments(file)]
    folder = BUILD / "snippets"
    folder.mkdir(exist_ok=True)
    errors = list(pool.map(lambda p: compile_errors(p[1], folder / f"{p[0]}.swift", flags), enumerate(programs)))
    print("".join(errors), end="", file=sys.stderr)
    blocks, failed = sum(p.count("#sourceLocation") for p in programs), sum(map(bool, errors))
    print(f"snippets: {blocks} blocks in {len(programs)} programs, {failed} do not compile")
    return failed == 0 and len(programs) > 0


def programs_of(article):
    text = article.read_text("utf-8")
    programs = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        source = located(block[1], article, line)
        if block[1].startswith("import ") or not programs:
            programs.append(source)
        else:
            programs[-1] += source
    return programs


def programs_in_comments(file):
    text = file.read_text("utf-8")
    for block in COMMENT_BLOCK.finditer(text):
        example = re.sub(r"^ */// ?", "", block[1], flags=re.MULTILINE)
        yield located(example, file, text.count("\n", 0, block.start(1)) + 1)


def located(source, file, line):
    return f'#sourceLocation(file: "{file.relative_to(ROOT)}", line: {line})\n{source}'


def compile_errors(program, file, flags):
    file.write_text(program, "utf-8")
    # -typecheck misses some errors. Not to /dev/null, which the compiler removes after an error if it may.
    command = ["swiftc", "-emit-sil", "-o", str(file.with_suffix(".sil")), "-swift-version", "6", "-warnings-as-errors"]
    command += ["-enable-upcoming-feature", "MemberImportVisibility", *flags, str(file)]
    status, output = run(*command)
    return output if status else ""


def check_catalogues(flags, pool):
    products = re.findall(r'\.library\(name: "(\w+)"', (ROOT / "Package.swift").read_text("utf-8"))
    problems = [problem for found in pool.map(lambda p: problems_of(p, flags), products) for problem in found]
    print("".join(problem + "\n" for problem in problems), end="", file=sys.stderr)
    print(f"catalogues: {len(products)}, {len(problems)} problems")
    return not problems and len(products) > 0


def problems_of(product, flags):
    catalogue = ROOT / "Sources" / product / f"{product}.docc"
    page = catalogue / f"{product}.md"
    if not page.exists():
        return [f"{product} has no {page.relative_to(ROOT)}"]
    symbols = BUILD / "documentation" / product
    symbols.mkdir(parents=True, exist_ok=True)
    extract = ["swift", "symbolgraph-extract", "-module-name", product, "-output-dir", str(symbols), *flags]
    docc = ["docc"] if shutil.which("docc") else ["xcrun", "docc"]
    docc += ["convert", str(catalogue), "--additional-symbol-graph-dir", str(symbols)]
    docc += ["--output-dir", f"{symbols}.doccarchive", "--ide-console-output"]
    docc += ["--fallback-display-name", product, "--fallback-bundle-identifier", product]
    log = ""
    for command in extract, docc:
        status, log = run(*command)
        if status:
            return [f"{product}: {command[0]} failed:\n{log}"]
    graph = json.loads((symbols / f"{product}.symbols.json").read_text("utf-8"))
    names = {symbol["pathComponents"][0] for symbol in graph["symbols"] if len(symbol["pathComponents"]) == 1}
    text = page.read_text("utf-8")
    missing = [f"{page.relative_to(ROOT)}: no ``{name}``" for name in sorted(names) if f"``{name}``" not in text]
    # A parameter with a telling name needs no description.
    return missing + re.findall(r"^.*(?:warning|error): (?!Parameter ).*$", log, re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
