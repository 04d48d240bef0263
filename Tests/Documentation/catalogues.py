"""Checks the DocC catalogue of every library product: no link in it leads nowhere, and its first page names every public type
and function of the module.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

import modules
from modules import BUILD, ROOT


def main():
    products = re.findall(r'\.library\(name: "(\w+)"', (ROOT / "Package.swift").read_text("utf-8"))
    flags = modules.flags()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [problem for found in pool.map(lambda p: problems_of(p, flags), products) for problem in found]
    print("".join(problem + "\n" for problem in problems), end="", file=sys.stderr)
    print(f"catalogues: {len(products)}, with {len(problems)} problems")
    return 1 if problems or not products else 0


def problems_of(product, flags):
    catalogue = ROOT / "Sources" / product / f"{product}.docc"
    symbols = BUILD / "documentation" / product
    symbols.mkdir(parents=True, exist_ok=True)
    run("swift", "symbolgraph-extract", "-module-name", product, "-output-dir", str(symbols), *flags)
    page = catalogue / f"{product}.md"
    if not page.exists():
        return [f"{product} has no {page.relative_to(ROOT)}"]
    text = page.read_text("utf-8")
    graph = json.loads((symbols / f"{product}.symbols.json").read_text("utf-8"))
    names = {symbol["pathComponents"][0] for symbol in graph["symbols"] if len(symbol["pathComponents"]) == 1}
    missing = [f"{page.relative_to(ROOT)}: no ``{name}``" for name in sorted(names) if f"``{name}``" not in text]
    docc = ["docc"] if shutil.which("docc") else ["xcrun", "docc"]
    options = ["--additional-symbol-graph-dir", str(symbols), "--output-dir", f"{symbols}.doccarchive"]
    options += ["--fallback-display-name", product, "--fallback-bundle-identifier", product, "--ide-console-output"]
    log = run(*docc, "convert", str(catalogue), *options)
    # A parameter whose name says all has no sentence of its own.
    return missing + re.findall(r"^.*(?:warning|error): (?!Parameter ).*$", log, re.MULTILINE)


def run(*command):
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if result.returncode:
        sys.exit(f"error: {' '.join(command[:2])} failed:\n{result.stdout}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
