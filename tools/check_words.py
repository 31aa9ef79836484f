#!/usr/bin/env python3
"""Checks the words that users read: prints each phrase of the list below with its place and what to write instead; exits with 1 if there is any.

It reads README.md, docs/, the comments of include/pawl and the string literals of src/. A line that needs a phrase all the same says
`words: allow` in a comment (`<!-- words: allow -->` in Markdown) on it or on the line before.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ALLOW = "words: allow"

# What is found, and what to write instead.
PHRASES = [
    (r"(?<!there )\bis no (?!(?:longer|more|other|less)\b)\w+", "is not a ..."),
    (r"\b(?:go|goes|going|gone) on (?:with|from)\b", "continue"),
    (r"\bmakes? no sense\b", "is invalid, or is inconsistent"),
    (r"\bis none of its\b", "is not one of its"),
    (r"\btold to stop\b", "asked to stop, or cancelled"),
    (r"\bfor the day\b", "for when"),
    (r"\bwhat became of\b", "the outcome of"),
    (r"\b(?:anew|afresh)\b", "again, or new"),
    (r"\bat once\b", "immediately, or concurrently"),
    (r"\bso many\b", "N, or this many"),
    (r"\bsomebody\b", "who or what it is: a person, a process, a client"),
]
COMPILED = [(re.compile(pattern, re.IGNORECASE), instead) for pattern, instead in PHRASES]
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def readable(line, kind):
    """The parts of a line that are read: all of it, its comment, or its string literals."""
    if kind == "text":
        return [line]
    if kind == "comment":
        return [line.split("//", 1)[1]] if "//" in line else []
    return [] if line.lstrip().startswith("//") else LITERAL.findall(line)


def faults(lines, kind):
    """Yields (line number from 1, phrase, what to write instead) of each phrase that is not allowed."""
    for number, line in enumerate(lines, 1):
        if ALLOW in line or (number > 1 and ALLOW in lines[number - 2]):
            continue
        for part in readable(line, kind):
            for pattern, instead in COMPILED:
                for match in pattern.finditer(part):
                    yield number, match.group(), instead


def files():
    """Yields (path, kind) of everything that is checked."""
    yield ROOT / "README.md", "text"
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if "internals" not in path.parts:
            yield path, "text"
    for path in sorted((ROOT / "include" / "pawl").rglob("*.h")):
        yield path, "comment"
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".cc", ".h") and not path.stem.endswith(("_test", "_bench", "_fuzz")):
            yield path, "literal"


def main():
    found = 0
    for path, kind in files():
        for number, phrase, instead in faults(path.read_text(encoding="utf-8").splitlines(), kind):
            print(f'{path.relative_to(ROOT)}:{number}: "{phrase}": write {instead}')
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
