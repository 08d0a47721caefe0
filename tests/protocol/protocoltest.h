// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the tests of scep/protocol share.

#include "scep/pki/error.h"

#include <QDateTime>
#include <QtTest>

/// The moment at which every test of this layer takes place.
inline QDateTime testNow()
{
    return {QDate(2026, 6, 1), QTime(12, 0), Qt::UTC};
}

/// The result holds a value, or the test fails with the error.
#define VERIFY_RESULT(result) QVERIFY2((result).has_value(), qPrintable((result) ? QString() : QDebug::toString((result).error())))

/// The result is an error of that code, or the test fails saying what it was.
#define COMPARE_ERROR(result, expected) \
    do { \
        QVERIFY2(!(result).has_value(), "it succeeded"); \
        QVERIFY2((result).error().code == (expected), qPrintable(QDebug::toString((result).error()))); \
    } while (false)
