"""What the peers in Python share: the numbers, the clock and the line of src/lib.rs, in NumPy."""

import argparse
import os
import statistics
import time

import numpy as np

A = 0.5
SHORTER = 10_000
STEPS = {"notebook": (1437, [64, 30, 1]), "mini": (32, [64, 30, 1]), "wide": (256, [784, 512, 256, 10])}


def arguments(works, modes=()):
    """The command line; the thread count goes to the environment, so call this before importing the peer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=works)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    if modes:
        parser.add_argument("--mode", choices=modes, default=modes[0])
    given = parser.parse_args()
    for pool in ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]:
        os.environ[pool] = str(given.threads)
    return given


def normals(start, shape):
    """src/data.rs, many at once: nearly normal numbers from place `start` of the sequence on."""
    place = np.arange(3 * start, 3 * (start + shape[0] * shape[1]), dtype=np.uint64)
    z = (place + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    quarters = z[:, None] >> np.arange(0, 64, 16, dtype=np.uint64) & np.uint64(0xFFFF)
    sums = quarters.reshape(-1, 12).sum(axis=1).astype(np.float32)
    return ((sums - np.float32(393210)) / np.float32(65536)).reshape(shape)


def network(workload):
    """x, y, and a pair (w, b) a layer: w is (outputs, inputs), b is (outputs,)."""
    m, widths = STEPS[workload]
    place = 0

    def draw(*shape):
        nonlocal place
        place += shape[0] * shape[1]
        return normals(place - shape[0] * shape[1], shape)

    x, y = draw(m, widths[0]), draw(m, widths[-1])
    layers = [(draw(o, i) * np.float32(0.1), np.zeros(o, np.float32)) for i, o in zip(widths, widths[1:])]
    return x, y, layers


def measure(operations, work, read):
    """Prints the line: `read` makes (loss, gradients) of what `work` returns."""
    loss, gradients = read(work())
    size = sum(float(np.abs(np.asarray(g, np.float64)).sum()) for g in gradients)

    def batch(calls):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        return time.perf_counter() - start

    calls = 1
    while batch(calls) < 0.02:
        calls *= 2
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < 0.5:
        times.append(batch(calls) / calls)
    print(f"{statistics.median(times) * 1e9 / operations:.3f} {float(loss):.9e} {size:.9e}")
