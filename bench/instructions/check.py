#!/usr/bin/env python3
"""Counts the instructions of fixed decisions and holds them against baseline.json.

usage: check.py --program PROGRAM --case NAME     exits with 1 where it takes more than the baseline
       check.py --program PROGRAM --update        counts all cases and writes the baseline

Counts come from valgrind's callgrind. Unlike times they are the same on a busy machine and on an idle
one, so that a change which costs a few percent can be told. They depend on the compiler: the baseline
says which one it was made with, and another one is not held against it. Exits with 77, for skipped,
where valgrind is missing or the compiler is another one.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

BASELINE = pathlib.Path(__file__).resolve().with_name("baseline.json")
SKIPPED = 77
TOLERANCE = 0.05
DECISIONS = 200  # that instructions.cc counts in each case
# Nothing of the environment may move what is counted. Without the tunables it does: a path that is a
# few bytes longer lays the heap out differently, and glibc then tidies up its fast bins at other times.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "GLIBC_TUNABLES": "glibc.malloc.mxfast=0:glibc.malloc.mmap_threshold=33554432"
    ":glibc.malloc.trim_threshold=1073741824",
}


class Skip(Exception):
    """There is nothing to compare; says why."""


class Failure(Exception):
    """Ends the program with one sentence."""


def say(program: pathlib.Path, option: str) -> str:
    return subprocess.run([program, option], check=True, stdout=subprocess.PIPE, text=True).stdout


def instructions_of(program: pathlib.Path, case: str) -> int:
    if shutil.which("valgrind") is None:
        raise Skip("there is no valgrind to count with")
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        valgrind = ["valgrind", "--tool=callgrind", "--quiet", "--instr-atstart=no"]
        command = [*valgrind, f"--callgrind-out-file={out}", str(program), case]
        done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
        if done.returncode == SKIPPED:
            raise Skip(done.stdout.strip())
        if done.returncode != 0:
            raise Failure(f"{case} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return total_of(out.read_text())


def total_of(callgrind_out: str) -> int:
    for line in callgrind_out.splitlines():
        if line.startswith("totals:"):
            return int(line.split()[1])
    raise Failure("callgrind counted nothing: was the program built without valgrind's headers?")


def verdict(case: str, count: int, baseline: int) -> tuple[bool, str]:
    """Whether the count is good, and a sentence about it."""
    change = count / baseline - 1
    text = (
        f"{case}: {count / DECISIONS:,.0f} instructions a decision,"
        f" {change:+.1%} against the baseline of {baseline / DECISIONS:,.0f}"
    )
    if change > TOLERANCE:
        return False, (
            f"{text}, and {TOLERANCE:.0%} more are allowed. If they are worth it, say why in the"
            " commit and raise the baseline: tools/update-instruction-baseline"
        )
    if change < -TOLERANCE:
        text += ". Keep what was won: tools/update-instruction-baseline"
    return True, text


def check(program: pathlib.Path, case: str) -> int:
    baseline = json.loads(BASELINE.read_text())
    compiler = say(program, "--compiler").strip()
    if compiler != baseline["compiler"]:
        raise Skip(f"the baseline was made with compiler {baseline['compiler']}, not {compiler}")
    if case not in baseline["instructions"]:
        raise Failure(f"{case} is not in the baseline: tools/update-instruction-baseline")
    good, text = verdict(case, instructions_of(program, case), baseline["instructions"][case])
    print(text)
    return 0 if good else 1


def update(program: pathlib.Path) -> int:
    old = json.loads(BASELINE.read_text())["instructions"] if BASELINE.exists() else {}
    new = {case: instructions_of(program, case) for case in say(program, "--list").split()}
    for case, count in new.items():
        was = f", was {old[case] / DECISIONS:,.0f}" if case in old else ""
        print(f"{case}: {count / DECISIONS:,.0f} instructions a decision{was}")
    document = {
        "compiler": say(program, "--compiler").strip(),
        "target": "AVX2",
        "decisions": DECISIONS,
        "instructions": new,
    }
    BASELINE.write_text(json.dumps(document, indent=2) + "\n")
    print(f"Written to {BASELINE}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--case")
    what.add_argument("--update", action="store_true")
    options = parser.parse_args()
    return update(options.program) if options.update else check(options.program, options.case)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Skip as skip:
        print(f"skipped: {skip}")
        sys.exit(SKIPPED)
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f"bench/instructions/check.py: {failure}", file=sys.stderr)
        sys.exit(1)
