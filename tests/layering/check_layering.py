#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads every #include of the product and says which ones break the layer rules of scep/README.md.

usage: check_layering.py SOURCE_DIR QT_INCLUDE_DIR [--self-test]
"""
import pathlib
import re
import sys

CORE = {"QtCore"}
# layer: (project folders it may include, Qt modules it may include)
RULES = {
    "scep/pki": ({"scep/pki"}, CORE),
    "scep/files": ({"scep/pki", "scep/files"}, CORE),
    "scep/protocol": ({"scep/pki", "scep/protocol"}, CORE),
    "scep/client": ({"scep/pki", "scep/protocol", "scep/client"}, CORE | {"QtNetwork"}),
    "scep/worker": ({"scep/pki", "scep/protocol", "scep/client", "scep/worker"}, CORE | {"QtNetwork", "QtConcurrent"}),
    "scep/labca": ({"scep/pki", "scep/files", "scep/protocol", "scep/labca"}, CORE | {"QtNetwork"}),
    "models": ({"scep/pki", "scep/files", "scep/protocol", "scep/worker", "scep/labca", "models"}, CORE | {"QtSql"}),
    "ui": ({"scep/pki", "scep/files", "scep/protocol", "scep/worker", "models", "ui"}, CORE | {"QtGui", "QtWidgets", "QtSvg"}),
    "app": ({"scep/pki", "scep/files", "scep/protocol", "scep/client", "scep/worker", "scep/labca", "models", "ui", "app"},
            CORE | {"QtGui", "QtWidgets", "QtNetwork", "QtDBus"}),
}
# The window speaks to the engine through Models::Service only: of the layers below it may name values, not machinery.
UI_ONLY_VALUES = {"scep/worker/engine.h", "scep/worker/journal.h", "scep/worker/keypool.h", "scep/worker/scheduler.h",
                  "scep/worker/workerthread.h", "scep/worker/clock.h"}
# Habits that the design forbids everywhere but in the folders named.
FORBIDDEN_TEXT = [
    (re.compile(r"processEvents\s*\("), set(), "processEvents(): nothing re-enters the event loop"),
    (re.compile(r":\s*public\s+QThread\b"), set(), "a QThread subclass: use Scep::WorkerThread"),
    (re.compile(r"new\s+QNetworkAccessManager|QNetworkAccessManager\s+m_\w+;|make_unique<QNetworkAccessManager>"),
     {"app", "scep/client/exchangejob.cpp"},  # the latter: one for each exchange with TLS roots of its own, see there
     "a network manager made outside app, the composition root"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path):
    for layer in sorted(RULES, key=len, reverse=True):
        if path == layer or path.startswith(layer + "/"):
            return layer
    return None


def qt_modules(qt_dir):
    """Header name -> module, read from the installed Qt."""
    modules = {}
    for module in sorted(pathlib.Path(qt_dir).iterdir()):
        if module.is_dir() and module.name.startswith("Qt"):
            for header in module.iterdir():
                modules.setdefault(header.name, module.name)
    return modules


def check_text(path, text, modules):
    layer = layer_of(path)
    allowed_folders, allowed_modules = RULES[layer]
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, exempt, why in FORBIDDEN_TEXT:
            if layer not in exempt and path not in exempt and pattern.search(line) and not line.lstrip().startswith("//"):
                findings.append(f"{path}:{number}: {why}")
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        if name.startswith("openssl/"):
            if layer != "scep/pki" or path.endswith(".h") and not path.endswith("opensslhandles.h"):
                findings.append(f"{path}:{number}: OpenSSL belongs behind scep/pki/opensslhandles.h")
        elif name.endswith("opensslhandles.h"):
            if layer != "scep/pki" or path.endswith(".h"):
                findings.append(f"{path}:{number}: opensslhandles.h is for scep/pki/*.cpp only")
        elif kind == "<":
            module = name.split("/")[0] if "/" in name and name.startswith("Qt") else modules.get(name)
            if module and module.startswith("Qt") and module not in allowed_modules:
                findings.append(f"{path}:{number}: {layer} must not use {module} ({name})")
        elif "/" in name:
            target = layer_of(name)
            if target not in allowed_folders:
                findings.append(f"{path}:{number}: {layer} must not include {name}")
            elif layer == "ui" and name in UI_ONLY_VALUES:
                findings.append(f"{path}:{number}: the window uses Models::Service, not {name}")
        elif not name.startswith(("moc_", "ui_")) and not name.endswith(".moc"):
            findings.append(f"{path}:{number}: includes are written from the root: {name}")
    return findings


def check_tree(root, modules):
    findings, count = [], 0
    for layer in RULES:
        for file in sorted((root / layer).rglob("*")):
            path = file.relative_to(root).as_posix()
            if file.suffix in {".h", ".cpp"} and layer_of(path) == layer:
                count += 1
                findings += check_text(path, file.read_text(encoding="utf-8"), modules)
    return findings, count


def self_test(modules):
    """Each planted violation must be found, each good line must pass: the check itself can fail."""
    bad = [
        ("scep/pki/a.cpp", '#include "scep/protocol/certrep.h"'),
        ("scep/pki/a.h", "#include <openssl/x509.h>"),
        ("scep/pki/a.h", '#include "scep/pki/opensslhandles.h"'),
        ("scep/protocol/a.cpp", "#include <openssl/x509.h>"),
        ("scep/protocol/a.cpp", "#include <QTcpSocket>"),
        ("scep/protocol/a.cpp", "#include <QtNetwork/QTcpSocket>"),
        ("scep/worker/a.cpp", "#include <QSqlQuery>"),
        ("scep/labca/a.cpp", '#include "scep/worker/engine.h"'),
        ("models/a/a.cpp", "#include <QWidget>"),
        ("ui/a.cpp", '#include "scep/client/exchangejob.h"'),
        ("ui/a.cpp", '#include "scep/worker/engine.h"'),
        ("ui/a.cpp", '#include "mainwindow.h"'),
        ("ui/a.cpp", "    QCoreApplication::processEvents();"),
        ("scep/worker/a.cpp", "auto *manager = new QNetworkAccessManager(this);"),
        ("scep/client/a.cpp", "auto *manager = new QNetworkAccessManager(this);"),
        ("scep/worker/a.h", "class Worker : public QThread"),
    ]
    good = [
        ("scep/pki/a.cpp", '#include "scep/pki/opensslhandles.h"'),
        ("scep/pki/opensslhandles.h", "#include <openssl/x509.h>"),
        ("scep/client/a.cpp", "#include <QNetworkReply>"),
        ("ui/a.cpp", '#include "scep/worker/enrollmentserver.h"'),
        ("app/gui/a.cpp", "auto *manager = new QNetworkAccessManager(parent);"),
        ("models/a/a.cpp", "#include <memory>"),
    ]
    wrong = [f"not found: {path}: {line}" for path, line in bad if not check_text(path, line, modules)]
    wrong += [f"wrongly found: {path}: {line}" for path, line in good if check_text(path, line, modules)]
    return wrong


def main():
    root, qt_dir = pathlib.Path(sys.argv[1]), sys.argv[2]
    modules = qt_modules(qt_dir)
    if "--self-test" in sys.argv:
        wrong = self_test(modules)
        print("\n".join(wrong) or "every planted violation was found")
        return 1 if wrong else 0
    findings, count = check_tree(root, modules)
    print("\n".join(findings) or f"{count} files keep to their layer")
    return 1 if findings or count == 0 else 0


sys.exit(main())
