"""CasADi: functions of SX, scalars, run by its interpreter. It records in Python, whose loop is part of `record`."""

import common

given = common.arguments(["chain", "record", "make", "map-alternating", "map-mixed"])

import casadi as ca
import numpy as np


def alternating(a, operations):
    s = a
    for _ in range(operations // 2):
        s = s * a
        s = s + a
    return s


def mixed(a, operations):
    s = a
    for _ in range(operations // 10):
        t = ca.exp(ca.sin(s) * a) / (s * s + a)
        s = ca.if_else(s > t, ca.tanh(t), t - a)
    return s


def recorded(chain, operations):
    """a, and s with its derivative."""
    a = ca.SX.sym("a")
    s = chain(a, operations)
    return a, [s, ca.gradient(s, a)]


class Running:
    """A function with the arrays of its inputs and results, run without conversions."""

    def __init__(self, function, inputs):
        self.buffer, self.run = function.buffer()
        self.arrays = [inputs, *(np.zeros(function.size_out(i), order="F") for i in range(2))]
        self.buffer.set_arg(0, memoryview(self.arrays[0]))
        for i in range(2):
            self.buffer.set_res(i, memoryview(self.arrays[1 + i]))

    def found(self):
        """The values, and their gradients."""
        self.run()
        return self.arrays[1].sum(), [self.arrays[2]]


def once(function):
    return Running(function, np.array([common.A])).found()


if given.workload == "make":
    a, outputs = recorded(alternating, common.SHORT)
    make = lambda: ca.Function("chain", [a], outputs)
    common.measure(common.SHORT, make, once)
elif given.workload == "record":

    def work():
        a, outputs = recorded(alternating, common.SHORTER)
        return once(ca.Function("chain", [a], outputs))

    common.measure(common.SHORTER, work, lambda found: found)
elif given.workload == "chain":
    a, outputs = recorded(alternating, common.LONG)
    chain = Running(ca.Function("chain", [a], outputs), np.array([common.A]))
    common.measure(common.LONG, chain.run, lambda _: chain.found())
else:
    chain = alternating if given.workload == "map-alternating" else mixed
    a, outputs = recorded(chain, common.MAPPED)
    function = ca.Function("chain", [a], outputs)
    over = [common.LANES, "serial"] if given.threads == 1 else [common.LANES, "thread", given.threads]
    mapped = Running(function.map(*over), np.linspace(0.4, 0.6, common.LANES))
    common.measure(1, mapped.run, lambda _: mapped.found())
