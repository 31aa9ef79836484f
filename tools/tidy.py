#!/usr/bin/env python3
"""Runs clang-tidy on source files, except on those that passed it before and have not changed since.

    tools/tidy.py BUILD JOBS FILE...

BUILD holds the compile_commands.json. A result is known by what it depends on: clang-tidy itself, its settings, the command, the
file with all of ours that it includes, and the packages that the other headers are from. Passes are remembered in
$XDG_CACHE_HOME/pawl/clang-tidy (~/.cache), one empty file each; one that has not been of use for 30 days is forgotten.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-19"
REMEMBERED = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "pawl" / "clang-tidy"
KEPT_SECONDS = 30 * 24 * 3600
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


@functools.cache
def content(path: pathlib.Path) -> bytes:
    return path.read_bytes()


@functools.cache
def included(path: pathlib.Path) -> frozenset:
    """Our files that `path` names with #include, where they are found."""
    found = set()
    for name in INCLUDE.findall(content(path)):
        text = name.decode()
        if text.endswith(".pb.h"):
            text = text.removesuffix(".pb.h") + ".proto"
        for folder in (path.parent, ROOT / "include", ROOT / "src", ROOT):
            if (folder / text).is_file():
                found.add((folder / text).resolve())
                break
    return frozenset(found)


def closure(path: pathlib.Path) -> list:
    seen, open_ = {path}, [path]
    while open_:
        for each in included(open_.pop()) - seen:
            seen.add(each)
            open_.append(each)
    return sorted(seen)


def output_of(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def shared_key() -> bytes:
    """What every result depends on."""
    packages = output_of("dpkg-query", "-W", "-f", "${Package} ${Version}\n")
    headers = [line for line in packages.splitlines() if b"-dev " in line or line.startswith((b"clang-", b"libclang"))]
    return b"\n".join([output_of(TIDY, "--version"), (ROOT / ".clang-tidy").read_bytes(), *headers])


def key_of(path: pathlib.Path, command: str, shared: bytes) -> str:
    key = hashlib.sha256(shared)
    key.update(command.replace(str(ROOT), "").encode())
    for each in closure(path):
        key.update(f"\n{each.relative_to(ROOT)}\n".encode())
        key.update(content(each))
    return key.hexdigest()


def check(path: pathlib.Path, build: str, command: str, shared: bytes):
    """Whether the file was looked at, and what is wrong with it."""
    remembered = REMEMBERED / key_of(path, command, shared)
    if remembered.exists():
        remembered.touch()
        return False, ""
    run = subprocess.run([TIDY, "-p", build, "--quiet", str(path)], capture_output=True, text=True)
    if run.returncode != 0:
        return True, run.stdout + run.stderr
    remembered.touch()
    return True, ""


def forget_old():
    for each in REMEMBERED.iterdir():
        if each.stat().st_mtime < time.time() - KEPT_SECONDS:
            each.unlink(missing_ok=True)


def main() -> int:
    build, jobs, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    commands = {entry["file"]: entry["command"] for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text())}
    REMEMBERED.mkdir(parents=True, exist_ok=True)
    forget_old()
    shared = shared_key()
    paths = [(ROOT / file).resolve() for file in files]
    unknown = [path for path in paths if str(path) not in commands]
    if unknown:
        print(f"{build} compiles none of: {' '.join(str(path.relative_to(ROOT)) for path in unknown)}")
        return 1
    looked_at = failed = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for was_looked_at, problems in pool.map(lambda path: check(path, build, commands[str(path)], shared), paths):
            looked_at += was_looked_at
            failed += bool(problems)
            print(problems, end="", flush=True)
    print(f"clang-tidy: {len(files)} files, {looked_at} of them looked at now, {failed} with problems")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
