"""micrograd: a chain of scalars."""

import sys

import common

common.arguments(["record"])

from micrograd.engine import Value

sys.setrecursionlimit(10 * common.SHORTER)  # it walks the graph by recursion


def work():
    a = Value(common.A)
    s = a
    for _ in range(common.SHORTER // 2):
        s = s * a
        s = s + a
    s.backward()
    return s.data, a.grad


common.measure(common.SHORTER, work, lambda found: (found[0], [found[1]]))
