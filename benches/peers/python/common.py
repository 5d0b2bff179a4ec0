"""What the peers in Python share: the numbers, the clock and the line of src/lib.rs, in NumPy."""

import argparse
import os
import statistics
import time

import numpy as np

A = 0.5
PHI = 0.6180339887498949
LONG = 1_000_000
SHORT = 100_000
SHORTER = 10_000
STEPS = {"notebook": (1437, [64, 30, 1]), "mini": (32, [64, 30, 1]), "wide": (256, [784, 512, 256, 10])}
STEPS["eager"] = STEPS["notebook"]
# Dimension and parts; tokens, width and layers.
MIXTURES = {"mixture-2": (2, 5), "mixture-10": (10, 25), "mixture-20": (20, 50)}
GPTS = {"gpt-32": (32, 32, 1), "gpt-128": (128, 64, 2), "gpt-256": (256, 128, 2)}
# Steps, batch, width and state.
LSTMS = {"lstm-8": (32, 8, 32, 64), "lstm-64": (32, 64, 32, 64)}
# The inputs of what is mapped, and which of them all share.
MAPS = {
    "map-samples": ([(1024, 64), (30, 64), (30,), (1, 30), (1,)], [1, 2, 3, 4]),
    "map-ensemble": ([(32, 64), (64, 64, 30), (64, 30, 1), (32, 1)], [0, 3]),
    "map-softmax": ([(256, 16, 32)], []),
}
MAPPED = 1_000
LANES = 64
POINTS = 1000
VOCABULARY = 64
HEAD = 16


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
    """../common/data.rs, many at once: nearly normal numbers from place `start` of the sequence on."""
    place = np.arange(3 * start, 3 * (start + np.prod(shape, dtype=int)), dtype=np.uint64)
    z = (place + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    quarters = z[:, None] >> np.arange(0, 64, 16, dtype=np.uint64) & np.uint64(0xFFFF)
    sums = quarters.reshape(-1, 12).sum(axis=1).astype(np.float32)
    return ((sums - np.float32(393210)) / np.float32(65536)).reshape(shape)


def drawing():
    """A function that draws arrays, each from where the last one ended."""
    place = 0

    def draw(*shape):
        nonlocal place
        start, place = place, place + int(np.prod(shape))
        return normals(start, shape)

    return draw


def linear(draw, outputs, inputs):
    """A layer: w (outputs, inputs), and b (outputs,)."""
    return [draw(outputs, inputs) * np.float32(0.1), np.zeros(outputs, np.float32)]


def network(workload):
    """x, y, and the parameters: w and b of each layer in turn."""
    m, widths = STEPS[workload]
    draw = drawing()
    x, y = draw(m, widths[0]), draw(m, widths[-1])
    return x, y, [p for i, o in zip(widths, widths[1:]) for p in linear(draw, o, i)]


def mixture(workload):
    """../common/mixture.rs: x, the parameters α, μ, q and l, and where each element of a root lies in its row of l."""
    d, k = MIXTURES[workload]
    draw = drawing()
    x, *parameters = [
        draw(*shape).astype(np.float64) * 0.5
        for shape in [(POINTS, d), (k,), (k, d), (k, d), (k, d * (d - 1) // 2)]
    ]
    i, j = np.indices((d, d))
    places = np.where(i > j, j * (2 * d - j - 1) // 2 + i - j - 1, 0)
    return x, parameters, places


def gpt(workload):
    """../common/gpt.rs: the tokens, those that come next, and the parameters."""
    n, width, layers = GPTS[workload]
    draw = drawing()

    def norm():
        return [np.ones(width, np.float32), np.zeros(width, np.float32)]

    parameters = [linear(draw, rows, width)[0] for rows in [VOCABULARY, n]]
    for _ in range(layers):
        parameters += norm() + linear(draw, 3 * width, width) + linear(draw, width, width)
        parameters += norm() + linear(draw, 4 * width, width) + linear(draw, width, 4 * width)
    parameters += norm() + linear(draw, VOCABULARY, width)
    places = np.arange(n)
    return places * 7 % VOCABULARY, (places + 1) * 7 % VOCABULARY, parameters


def lstm(workload):
    """../common/lstm.rs: the samples, and the parameters."""
    steps, batch, width, hidden = LSTMS[workload]
    draw = drawing()
    x = draw(steps, batch, width)
    return x, linear(draw, 4 * hidden, width) + linear(draw, 4 * hidden, hidden) + linear(draw, 1, hidden)


def sign_and_place(gradient):
    """As `Answer::sum` in src/workload.rs: a sum that is another one if a sign or a place is wrong."""
    g = np.asarray(gradient, np.float64).ravel()
    return (np.maximum(g, -2 * g) * (1 + np.arange(g.size) * PHI % 1)).sum()


def measure(operations, work, read):
    """Prints the line: `read` makes (loss, gradients) of what `work` returns."""
    loss, gradients = read(work())
    sums = " ".join(f"{sign_and_place(gradient):.12e}" for gradient in gradients)

    def batch(calls):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        return time.perf_counter() - start

    calls = 1
    while batch(calls) < 0.001:
        calls *= 2
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < 0.5:
        times.append(batch(calls) / calls)
    scale = 1e9 / operations
    print(f"{statistics.median(times) * scale:.3f} {min(times) * scale:.3f} {float(loss):.12e} {sums}")
