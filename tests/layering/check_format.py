#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every source file is as clang-format leaves it and starts with its licence; every file that scep/README.md names is there.

usage: check_format.py SOURCE_DIR CLANG_FORMAT
"""
import pathlib
import re
import subprocess
import sys

LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|QSKIP|QEXPECT_FAIL|qSleep\(|qWait\(")


def main():
    root, clang_format = pathlib.Path(sys.argv[1]), sys.argv[2]
    files = [file for folder in ("app", "ui", "models", "scep", "tests") for file in sorted((root / folder).rglob("*"))
             if file.suffix in {".h", ".cpp"}]
    findings = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        name = file.relative_to(root)
        if LICENCE not in text.split("\n", 1)[0]:
            findings.append(f"{name}:1: the licence line is missing")
        if file.suffix == ".h" and "#pragma once" not in text:
            findings.append(f"{name}:1: #pragma once is missing")
        findings += [f"{name}:{number}: left-over mark or skipped check" for number, line in enumerate(text.splitlines(), 1)
                     if MARKS.search(line)]
    readme = (root / "scep/README.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:pki|protocol|client|worker|labca)/[\w./*]+)`", readme):
        if not any((root / "scep").glob(name)):
            findings.append(f"scep/README.md names scep/{name}, which is not there")
    done = subprocess.run([clang_format, "--dry-run", "--Werror", *map(str, files)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        findings += [line for line in done.stderr.splitlines() if "error:" in line]
    print("\n".join(findings) or f"{len(files)} files are well-formed")
    return 1 if findings or not files else 0


sys.exit(main())
