#!/usr/bin/env python3
"""Checks the include rule: which module may see which. Prints each include that breaks it; exits with 1 if there is any."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# A module may include itself, base, the public headers, and these. docs/internals/architecture.md says why.
MAY_SEE = {
    "base": set(),
    "model": set(),
    "expression": set(),
    "policy": {"model"},
    "compensation": {"model"},
    "definition": {"model", "expression"},
    "core": {"model", "expression", "policy", "compensation"},
    "persistence": {"model"},
    "runners": {"model"},
    "monitor": {"model"},
    "orchestrator": {"model", "expression", "policy", "definition", "core", "persistence", "runners", "monitor"},
    "service": set(),
    "operations": {"model", "expression", "policy", "definition", "core", "persistence", "runners", "monitor", "orchestrator"},
    "engine": {"model", "definition", "orchestrator", "operations", "persistence", "runners", "monitor"},
    "load": {"persistence"},
    "cli": {"load"},
}
# Third-party libraries that only some modules may see; everything else is free to all.
ONLY_IN = {
    "yaml-cpp/": {"definition"},
    "lua": {"expression"},
    "re2/": {"expression"},
    "openssl/": {"definition"},
    "CLI/": {"cli"},
    "boost/asio": {"runners"},
    "rocksdb/": {"persistence"},
}
# What clang's analysis does not see through stands in one header, which annotates it.
ONLY_IN_FILE = {"mutex": "src/base/mutex.h", "condition_variable": "src/base/mutex.h", "shared_mutex": "src/base/mutex.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def broken(path: pathlib.Path):
    module = path.relative_to(ROOT / "src").parts[0] if path.is_relative_to(ROOT / "src") else None
    public = path.is_relative_to(ROOT / "include")
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, name = match.group(1) == '"', match.group(2)
        where = f"{path.relative_to(ROOT)}:{number}"
        if quoted and public and not name.startswith("pawl/"):
            yield f"{where}: a public header includes the internal {name}"
        elif quoted and module and not name.startswith("pawl/"):
            seen = name.split("/")[0]
            if seen in MAY_SEE and seen not in {module, "base"} | MAY_SEE[module]:
                yield f"{where}: {module} may not see {seen}"
        elif name in ONLY_IN_FILE and module and "_test" not in path.name and str(path.relative_to(ROOT)) != ONLY_IN_FILE[name]:
            yield f"{where}: only {ONLY_IN_FILE[name]} may include <{name}>; use what it declares"
        elif not quoted and public and name.startswith("boost/") and not name.startswith("boost/json/"):
            yield f"{where}: a public header includes {name}"
        elif not quoted and module:
            for prefix, modules in ONLY_IN.items():
                if name.startswith(prefix) and module not in modules:
                    yield f"{where}: only {', '.join(sorted(modules))} may see {prefix}"


def main() -> int:
    files = [p for folder in ("src", "include") for p in sorted((ROOT / folder).rglob("*")) if p.suffix in {".h", ".cc"}]
    unknown = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()} - MAY_SEE.keys()
    problems = [f"src/{name}: say in tools/check_includes.py what it may see" for name in sorted(unknown)]
    for path in files:
        problems += broken(path)
    print("\n".join(problems) if problems else f"include rule: {len(files)} files keep it")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
