"""Makes `table.txt`, the reference for double precision, with 400 bits: `pip install mpmath; python3 table.py > table.txt`.

A line is a function, where, and its value, first and second derivative there; of those that cross 0 by cancellation also the
largest summand. A number is the nearest of the format, and how many hundredths of its unit in the last place the exact one is
further. Of functions of two operands it is both of these, the value, both slopes, and the second derivatives aa, ab and bb. The
functions are written as their definitions read, which is not how the library computes them: the many bits make up
for what cancels.
"""

import math
import random

from mpmath import cos, cosh, erf, exp, floor, inf, ln, mp, mpf, pi, sin, sinh, sqrt, tan, tanh, atan, atan2

mp.prec = 400


def logistic(x):
    return 1 / (1 + exp(-x))


def logistic_slope(x):
    return 1 / (4 * cosh(x / 2) ** 2)


def normal(x):
    # 1 + erf loses as many bits as the result has leading zeros: 1100 at most.
    with mp.workprec(2600):
        return (1 + erf(x / sqrt(mpf(2)))) / 2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def cubic(x):
    """2 √(2/π) (x + 0.044715 x³) and two derivatives."""
    scale, c = 2 * sqrt(2 / pi), mpf(44715) / 1000000
    return scale * (x + c * x**3), scale * (1 + 3 * c * x**2), scale * 6 * c * x


def log1p(x):
    with mp.workprec(2600):
        return ln(1 + x)


def silu(x):
    s, d = logistic(x), logistic_slope(x)
    dd = -d * tanh(x / 2)
    return [x * s], [s, x * d], [2 * d, x * dd]


def gelu(x):
    return [x * normal(x)], [normal(x), x * density(x)], [2 * density(x), -x * x * density(x)]


def gelu_tanh(x):
    v, v1, v2 = cubic(x)
    s, d = logistic(v), logistic_slope(v)
    dd = -d * tanh(v / 2)
    return [x * s], [s, x * d * v1], [2 * d * v1, x * dd * v1 * v1, x * d * v2]


def power(c):
    c = mpf(c)

    def f(x):
        if x == 0 or (x < 0 and c != floor(c)):
            return None
        return [x**c], [c * x ** (c - 1)], [c * (c - 1) * x ** (c - 2)]

    return f


def positive(f):
    return lambda x: f(x) if x > 0 else None


def expm1(x):
    with mp.workprec(2600):
        return exp(x) - 1


FUNCTIONS = {
    "exp": lambda x: ([exp(x)], [exp(x)], [exp(x)]),
    "log": positive(lambda x: ([ln(x)], [1 / x], [-1 / x**2])),
    "log1p": lambda x: ([log1p(x)], [1 / (1 + x)], [-1 / (1 + x) ** 2]) if x > -1 else None,
    "expm1": lambda x: ([expm1(x)], [exp(x)], [exp(x)]),
    "sin": lambda x: ([sin(x)], [cos(x)], [-sin(x)]),
    "cos": lambda x: ([cos(x)], [-sin(x)], [-cos(x)]),
    "tan": lambda x: ([tan(x)], [1 / cos(x) ** 2], [2 * tan(x) / cos(x) ** 2]),
    "tanh": lambda x: ([tanh(x)], [1 / cosh(x) ** 2], [-2 * sinh(x) / cosh(x) ** 3]),
    "sqrt": positive(lambda x: ([sqrt(x)], [1 / (2 * sqrt(x))], [-1 / (4 * x * sqrt(x))])),
    "rsqrt": positive(lambda x: ([1 / sqrt(x)], [-1 / (2 * x * sqrt(x))], [3 / (4 * x * x * sqrt(x))])),
    "logistic": lambda x: ([logistic(x)], [logistic_slope(x)], [-logistic_slope(x) * tanh(x / 2)]),
    "reciprocal": lambda x: ([1 / x], [-1 / x**2], [2 / x**3]),
    "3 / x": lambda x: ([3 / x], [-3 / x**2], [6 / x**3]),
    "erf": lambda x: ([erf(x)], [2 / sqrt(pi) * exp(-x * x)], [-4 * x / sqrt(pi) * exp(-x * x)]),
    "softplus": lambda x: ([log1p(exp(x))], [logistic(x)], [logistic_slope(x)]),
    "silu": silu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "atan2(x, 1)": lambda x: ([atan(x)], [1 / (1 + x * x)], [-2 * x / (1 + x * x) ** 2]),
    "atan2(1, x)": positive(lambda x: ([atan(1 / x)], [-1 / (1 + x * x)], [2 * x / (1 + x * x) ** 2])),
    "x ^ 0": power(0),
    "x ^ 1": power(1),
    "x ^ 2": power(2),
    "x ^ 3": power(3),
    "x ^ -1": power(-1),
    "x ^ 0.5": power(0.5),
    "x ^ -2.5": power(-2.5),
    "x ^ 0.3": power(0.3),
    "x ^ 40.7": power(40.7),
}

CANCELLING = {"silu", "gelu", "gelu_tanh"}

# Where functions turn over, vanish, or lose digits; beside numbers of all sizes.
POINTS = {
    "tan": [1.57079632, 1.5707963267948966, -1.5707963267948966, 4.71238898, 1e22],
    "sin": [3.141592653589793, 6.283185307179586, 1e22],
    "cos": [1.5707963267948966, 7.853981633974483, 1e22],
    "log1p": [-0.999999999, -0.9999999999999999, -0.75, -0.5],
    "log": [0.999999, 1.000001, 0.9999999999999999, 1.0000000000000002],
    "silu": [-1.278464542761074, 2.399357280520548, -2.399357280520548],
    "gelu": [-0.751791524693564, 1.414213562373095, -1.414213562373095, -13.3, -26.1, -37.5, -38.2, -38.55],
    "gelu_tanh": [-0.752461422, 1.41, -13.3, -17.9, -20.2, -21.4, -21.6],
    "erf": [-13.3, -26.1, 26.5, 26.9, 27.2],
}


def points(name):
    rng = random.Random(name)
    exponents = [-323.3, -310, -307.8, -300, -160, -100, -30, -12, -8]
    exponents += [rng.uniform(-5, -1) for _ in range(3)]
    magnitudes = [10**e * rng.uniform(1, 2) for e in exponents]
    magnitudes += [rng.uniform(0, 1) for _ in range(4)] + [rng.uniform(1, 5) for _ in range(5)]
    magnitudes += [rng.uniform(5, 20), rng.uniform(15, 25), 36.7, 37.5, rng.uniform(40, 700), 708.2, 709.6, 716.3, 738.9]
    magnitudes += [10**e * rng.uniform(1, 2) for e in [4, 8, 16, 50, 102.5, 120, 153.6, 160, 205, 300, 307.9]]
    for x in magnitudes:
        x = float(f"{x:.6g}")
        if rng.random() < 0.65:
            yield x
        if rng.random() < 0.65:
            yield -x
    yield from POINTS.get(name, [])


def number(v):
    """The nearest number of the format, and the hundredths of a unit that are left."""
    try:
        nearest = float(v)
    except OverflowError:
        return "inf" if v > 0 else "-inf"
    if math.isinf(nearest):
        return "inf" if v > 0 else "-inf"
    unit = math.ulp(nearest)
    rest = int(floor(abs((v - mpf(nearest)) / mpf(unit)) * 100 + mpf(1) / 2))
    rest = rest if v > mpf(nearest) else -rest
    return f"{nearest!r}:{rest}" if rest else f"{nearest!r}"


for name, f in FUNCTIONS.items():
    for x in points(name):
        found = f(mpf(x))
        if found is None:
            continue
        fields = [number(sum(summands)) for summands in found]
        if name in CANCELLING:
            fields += [number(max(abs(s) for s in summands)).split(":")[0] for summands in found[1:]]
        print(";".join([name, repr(x), *fields]))


def quotient(a, b):
    return [[a / b], [1 / b], [-a / b**2], [mpf(0)], [-1 / b**2], [2 * a / b**3]]


def power_of(a, b):
    y, log = a**b, ln(a)
    return [[y], [b * y / a], [log * y], [b * (b - 1) * y / a**2], [y / a, b * log * y / a], [log**2 * y]]


def angle(a, b):
    square = a * a + b * b
    turn, mixed = 2 * a * b / square**2, (a * a - b * b) / square**2
    return [[atan2(a, b)], [b / square], [-a / square], [-turn], [mixed], [turn]]


PAIRS = {"a / b": quotient, "a ^ b": power_of, "atan2(a, b)": angle}


def pairs(name):
    """Of all sizes; near each other; one that is subnormal; for powers, a base near 1 with a large exponent, too."""
    rng = random.Random(name)
    signed = lambda x: x if name == "a ^ b" or rng.random() < 0.5 else -x
    for e in [-323, -309, -200, -154, -100, -20, 0, 3, 100, 154, 200, 307]:
        a = 10**e * rng.uniform(1, 1.5)
        yield signed(a), signed(10 ** rng.uniform(-307, 307))
        yield signed(a), signed(a * rng.uniform(0.6, 1.4))
        yield signed(a), signed(10 ** rng.uniform(-15, 2))
        if name == "a ^ b":
            yield a, rng.uniform(-300, 300) / max(1, abs(e))
            yield 1 + 10 ** rng.uniform(-12, -1), 10 ** rng.uniform(0, 12)


for name, f in PAIRS.items():
    for a, b in pairs(name):
        a, b = float(f"{a:.6g}"), float(f"{b:.6g}")
        if name == "a ^ b" and abs(b * math.log(a)) > 10000:
            continue
        found = f(mpf(a), mpf(b))
        fields = [number(sum(summands)) for summands in found]
        if len(found[4]) > 1:
            fields.append(number(max(abs(s) for s in found[4])).split(":")[0])
        print(";".join([name, repr(a), repr(b), *fields]))
