"""Finds the places of a Swift file where something can be broken, without parsing more of Swift than that takes.

A breakage is compiled in beside what it breaks and switched on by its number (`Mutant.swift`), so that one build holds
them all. `#` stands for that number in a replacement. None of them changes the number of a line.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from dataclasses import dataclass
from typing import Iterator

NEGATED, DROPPED, OFF_BY_ONE, SWAPPED = "negated", "dropped", "off by one", "swapped"

OPENING, CLOSING = "([{", ")]}"
BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
# What begins a line that is no statement which could be left out.
KEYWORDS = (
    "let var return throw if guard while for switch case default do catch func init struct enum class actor extension "
    "import private fileprivate public package internal static mutating async break continue defer else where"
).split()


@dataclass(frozen=True)
class Place:
    """Something that can be broken."""

    file: str
    line: int
    start: int
    end: int
    kind: str
    change: str
    replacement: str
    # What tells it from others, whatever is changed elsewhere in the file.
    identity: str

    def overlaps(self, other: "Place") -> bool:
        return self.file == other.file and self.start < other.end and other.start < self.end


class Source:
    """A file, and the same with comments and the content of texts blanked."""

    def __init__(self, file: str, text: str):
        self.file = file
        self.text = text
        self.code = _blanked(text)
        self.line_starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self.headers = _headers(self.code)

    def places(self) -> list[Place]:
        seen: Counter[tuple[str, str, str]] = Counter()
        found = []
        spans = set()
        for start, end, kind, change, replacement in self._found():
            if (start, end, kind) in spans:
                continue
            spans.add((start, end, kind))
            line = bisect.bisect_right(self.line_starts, start)
            key = (kind, change, self._line(line).strip())
            identity = " ".join([self.file, *key, str(seen[key])])
            seen[key] += 1
            found.append(Place(self.file, line, start, end, kind, change, replacement, identity))
        return found

    def _line(self, number: int) -> str:
        start = self.line_starts[number - 1]
        return self.text[start : self.text.find("\n", start)]

    def _found(self) -> Iterator[tuple[int, int, str, str, str]]:
        yield from self._conditions()
        yield from self._comparisons()
        yield from self._constants()
        yield from self._extremes()
        yield from self._statements()
        yield from self._blocks()

    # Conditions

    def _conditions(self) -> Iterator[tuple[int, int, str, str, str]]:
        for match in re.finditer(r"\b(if|while|guard|where)\b", self.code):
            word = match[1]
            if word == "where" and not self._is_pattern(match.start()):
                continue
            stop = self._end(match.end(), r"else\b" if word == "guard" else r"\{|:")
            for start, end in self._clauses(match.end(), stop):
                clause = self.text[start:end]
                if clause in ("true", "false") or re.match(r"(let|var|case|#)\b", clause):
                    continue
                yield start, end, NEGATED, f"`{_flat(clause)}` → not", f"Mutant.negated(#, {clause})"

    def _is_pattern(self, position: int) -> bool:
        """Whether a `where` belongs to a pattern, and not to a generic declaration."""
        before = self.code[max(0, position - 120) : position]
        return re.search(r"\b(catch|case|for)\b[^{}]*$", before) is not None

    def _end(self, start: int, pattern: str) -> int:
        """Where the pattern comes next outside of brackets."""
        position = start
        while position < len(self.code):
            if re.match(pattern, self.code[position:]) and not self.code[position - 1].isalnum():
                return position
            if self.code[position] == ":" and re.match(pattern, ":"):
                return position
            position = self._matching(position) if self.code[position] in OPENING else position + 1
        return position

    def _matching(self, position: int) -> int:
        """The place after the bracket that closes the one here."""
        depth = 0
        while position < len(self.code):
            if self.code[position] in OPENING:
                depth += 1
            elif self.code[position] in CLOSING:
                depth -= 1
                if depth == 0:
                    return position + 1
            position += 1
        return position

    def _clauses(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        position = first = start
        while position <= end:
            if position == end or self.code[position] == ",":
                clause = self.code[first:position]
                if clause.strip():
                    leading = len(clause) - len(clause.lstrip())
                    yield first + leading, first + len(clause.rstrip())
                first = position + 1
            position = self._matching(position) if self.code[position : position + 1] in tuple(OPENING) else position + 1

    # Comparisons, constants

    def _comparisons(self) -> Iterator[tuple[int, int, str, str, str]]:
        for match in re.finditer(r"(?<= )(==|!=|<=|>=|<|>)(?= )", self.code):
            operator = match[1]
            start, end = self._left(match.start()), self._right(match.end())
            left, right = self.text[start : match.start()].strip(), self.text[match.end() : end].strip()
            if not left or not right:
                continue
            whole = f"{left} {operator} {right}"
            if operator in BOUNDARY:
                other = f"{left} {BOUNDARY[operator]} {right}"
                yield start, end, OFF_BY_ONE, f"`{_flat(whole)}` → `{BOUNDARY[operator]}`", f"(Mutant.isOn(#) ? {other} : {whole})"
            else:
                yield start, end, NEGATED, f"`{_flat(whole)}` → not", f"Mutant.negated(#, {whole})"

    def _left(self, position: int) -> int:
        """Where the operand before this place begins."""
        depth = 0
        stop = re.compile(r".*(&&|\|\||,|: | [?=] |\b(return|if|guard|while|where|else|in|case|throw|try|await) )", re.S)
        start = position
        while start > 0:
            character = self.code[start - 1]
            if character in CLOSING:
                depth += 1
            elif character in OPENING:
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and (character == "\n" or stop.fullmatch(self.code[max(0, start - 8) : start])):
                break
            start -= 1
        while start < position and self.code[start] == " ":
            start += 1
        return start

    def _right(self, position: int) -> int:
        """Where the operand after this place ends."""
        end = position
        while end < len(self.code):
            rest = self.code[end : end + 6]
            if rest[0] in CLOSING or rest[0] in ",\n;" or re.match(r" (&&|\|\||[?:{]|else\b)|:\s", rest):
                break
            end = self._matching(end) if rest[0] in OPENING else end + 1
        return end

    def _constants(self) -> Iterator[tuple[int, int, str, str, str]]:
        for match in re.finditer(r"(?<![\w.$\[\-])(\d)(?![\w.\]])", self.code):
            more = int(match[1]) + 1
            change = f"`{self._surroundings(match)}`: {match[1]} → {more}"
            if not self._is_parameter(match.start()):
                yield match.start(), match.end(), OFF_BY_ONE, change, f"(Mutant.isOn(#) ? {more} : {match[1]})"
        for match in re.finditer(r"(?<!== )(?<!!= )(?<!while )\b(true|false)\b", self.code):
            other = "false" if match[1] == "true" else "true"
            change = f"`{self._surroundings(match)}`: {match[1]} → {other}"
            if not self._is_parameter(match.start()):
                yield match.start(), match.end(), NEGATED, change, f"(Mutant.isOn(#) ? {other} : {match[1]})"

    def _is_parameter(self, position: int) -> bool:
        """Whether a place is in the parameters of a declaration."""
        return re.search(r"\b(func|init)\b", self._inside(position)) is not None and self._inside(position)[0] == "("

    def _surroundings(self, match: re.Match[str]) -> str:
        """What stands around a constant on its line, as much as shows which one it is."""
        begin = self.line_starts[bisect.bisect_right(self.line_starts, match.start()) - 1]
        line = self.text[begin : self.text.find("\n", begin)]
        at = match.start() - begin
        return _flat(line[max(0, at - 44) : at + 44])

    def _extremes(self) -> Iterator[tuple[int, int, str, str, str]]:
        for match in re.finditer(r"(?<![\w.])(min|max)(?=\()", self.code):
            end = self._matching(match.end())
            arguments = self.text[match.end() : end]
            if "\n" in arguments:
                continue
            other = "max" if match[1] == "min" else "min"
            whole = match[1] + arguments
            yield match.start(), end, SWAPPED, f"`{_flat(whole)}` → {other}", f"(Mutant.isOn(#) ? {other}{arguments} : {whole})"

    # Statements

    def _statements(self) -> Iterator[tuple[int, int, str, str, str]]:
        for number in range(1, len(self.line_starts)):
            begin = self.line_starts[number - 1]
            line = self.code[begin : self.code.find("\n", begin)]
            start = begin + len(line) - len(line.lstrip())
            if not self._begins_statement(start, line.strip()):
                continue
            end = self._statement_end(start)
            statement = self.text[start:end]
            if statement.count("\n") < 8 and self._can_be_dropped(start, end):
                yield start, end, DROPPED, f"`{_flat(statement)}`", f"if !Mutant.isOn(#) {{ {statement} }}"

    def _begins_statement(self, start: int, line: str) -> bool:
        word = re.match(r"[A-Za-z_$]\w*", line)
        if not word or word[0] in KEYWORDS or not self._inside(start).startswith("{"):
            return False
        before = self.code[:start].rstrip()
        previous = before[before.rfind("\n") + 1 :].strip()
        if previous.endswith(":"):
            return re.match(r"case\b|default:", previous) is not None
        return re.search(r"(,|=|&&|\|\||\?\?|\?|->|\(|\[)$", previous) is None

    def _inside(self, position: int) -> str:
        """The innermost bracket around a place and what stands before it on its line; empty outside of all."""
        return next(
            (bracket + header for start, end, bracket, header in reversed(self.headers) if start < position < end), "")

    def _statement_end(self, start: int) -> int:
        position = start
        while position < len(self.code):
            if self.code[position] in OPENING:
                position = self._matching(position)
            elif self.code[position] == "\n" and not re.match(r"\s*(\.|\?\?|&&|\|\||[?:] )", self.code[position:]):
                return position
            else:
                position += 1
        return position

    def _can_be_dropped(self, start: int, end: int) -> bool:
        code = self.code[start:end]
        assigned = re.match(r"([\w.?$\[\]()]+) [-+*/]?= ", code)
        if assigned:
            # What has no value yet has to get one.
            is_first = re.search(rf"\b(let|var) {re.escape(assigned[1])}\b[^=\n]*\n", self.code[:start])
            return not is_first and not self._is_in_initialiser(start)
        if not re.match(r"(try[?]? )?(await )?[\w.?]+(\(| \{)", code):
            return False
        # The only statement of what returns something may be its value.
        is_only = self.code[:start].rstrip()[-1] == "{" or re.search(r"\bin$", self.code[:start].rstrip())
        if is_only and re.match(r"\s*\}", self.code[end:]):
            header = self._inside(start)
            return re.search(r"\b(if|else|for|while|do|catch|defer)\b|\bfunc\b(?!.*->)", header) is not None
        return True

    def _is_in_initialiser(self, position: int) -> bool:
        declarations = re.findall(r"\b(func |init\()", self.code[:position])
        return bool(declarations) and declarations[-1] == "init("

    def _blocks(self) -> Iterator[tuple[int, int, str, str, str]]:
        """Statements in a block that stands on one line."""
        for start, end, bracket, header in self.headers:
            content = self.code[start + 1 : end - 1]
            if bracket != "{" or "\n" in content or not content.strip():
                continue
            first = start + 1 + len(content) - len(content.lstrip())
            last = start + 1 + len(content.rstrip())
            code = self.code[first:last]
            if not re.match(r"(for|defer|if)\b[^{]*$", header) or not self.code.startswith("\n", end):
                continue
            if not re.match(r"(try[?]? )?(await )?[\w.?]+(\(| [-+*/]?= )", code):
                continue
            statement = self.text[first:last]
            yield first, last, DROPPED, f"`{_flat(statement)}`", f"if !Mutant.isOn(#) {{ {statement} }}"


def _flat(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= 90 else text[:88] + " …"


def _headers(code: str) -> list[tuple[int, int, str, str]]:
    """All brackets, in the order in which they open: where, until where, which, and what stands before it."""
    found: list[tuple[int, int, str, str]] = []
    open_ones: list[int] = []
    for position, character in enumerate(code):
        if character in OPENING:
            open_ones.append(len(found))
            header = code[code.rfind("\n", 0, position) + 1 : position].strip()
            found.append((position, len(code), character, header))
        elif character in CLOSING and open_ones:
            start, _, bracket, header = found[open_ones[-1]]
            found[open_ones.pop()] = (start, position + 1, bracket, header)
    return found


def _blanked(text: str) -> str:
    """The text with comments, and what is in texts, in blanks of the same length."""
    out = list(text)

    def blank(start: int, end: int) -> None:
        for index in range(start, min(end, len(out))):
            if out[index] != "\n":
                out[index] = " "

    position = 0
    while position < len(text):
        if text.startswith("//", position):
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            blank(position, end)
        elif text.startswith('"""', position):
            end = text.index('"""', position + 3) + 3
            blank(position + 1, end - 1)
        elif text[position] == '"':
            end = _after_text(text, position)
            blank(position + 1, end - 1)
        else:
            end = position + 1
        position = end
    return "".join(out)


def _after_text(text: str, position: int) -> int:
    """The place after the text that begins here, whatever is interpolated into it."""
    position += 1
    while text[position] != '"':
        if text.startswith("\\(", position):
            depth = 1
            position += 2
            while depth > 0:
                if text[position] == '"':
                    position = _after_text(text, position)
                    continue
                depth += {"(": 1, ")": -1}.get(text[position], 0)
                position += 1
        else:
            position += 2 if text[position] == "\\" else 1
    return position + 1
