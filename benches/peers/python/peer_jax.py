"""JAX: loss and gradients compiled together by jax.jit; of many inputs at once, by way of jax.vmap."""

import os

import common

CHAINS = ["map-alternating", "map-mixed"]
given = common.arguments([*common.STEPS, *common.MIXTURES, *common.GPTS, *common.LSTMS, *common.MAPS, *CHAINS])
os.environ["NPROC"] = str(given.threads)  # the size of its pool
if given.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

import jax
import jax.numpy as jnp
import numpy as np


def step_loss(parameters, x, y):
    a = x
    for i in range(0, len(parameters), 2):
        a = (jax.nn.relu(a) if i else a) @ parameters[i].T + parameters[i + 1]
    return jnp.square(a - y).sum() / len(x)


def log_likelihood(parameters, x, places):
    alpha, mu, q, l = parameters
    lower = jnp.tril(l[:, places], -1)
    root = lower + jax.vmap(jnp.diag)(jnp.exp(q))
    distances = jnp.square((x - mu[:, None]) @ root.mT).sum(2)
    sums = q.sum(1)
    slopes = (alpha + sums)[:, None] - 0.5 * distances
    log_sums = jax.nn.logsumexp(slopes, 0).sum() - len(x) * jax.nn.logsumexp(alpha)
    return log_sums + 0.5 * jnp.square(jnp.exp(q)).sum() + 0.5 * jnp.square(l).sum() - sums.sum()


def norm(x, scale, shift):
    centred = x - x.mean(1, keepdims=True)
    variance = jnp.square(centred).mean(1, keepdims=True)
    return centred * jax.lax.rsqrt(variance + 1e-5) * scale + shift


def attention(x, w, b, joining_w, joining_b):
    n, width = x.shape
    query, key, value = (x @ w.T + b).reshape(n, 3, width // common.HEAD, common.HEAD).transpose(1, 2, 0, 3)
    scores = query @ key.mT * common.HEAD**-0.5
    weights = jax.nn.softmax(jnp.where(np.tri(n, dtype=bool), scores, -jnp.inf))
    return (weights @ value).swapaxes(0, 1).reshape(n, width) @ joining_w.T + joining_b


def gpt_loss(parameters, tokens, following):
    table, positions, *layers, scale, shift, w, b = parameters
    x = table[tokens] + positions
    for i in range(0, len(layers), 12):
        p = layers[i : i + 12]
        x = x + attention(norm(x, p[0], p[1]), *p[2:6])
        x = x + jax.nn.gelu(norm(x, p[6], p[7]) @ p[8].T + p[9]) @ p[10].T + p[11]
    scores = jax.nn.log_softmax(norm(x, scale, shift) @ w.T + b)
    return -jnp.take_along_axis(scores, following[:, None], 1).mean()


def lstm_loss(parameters, x):
    w, b, v, c, read_w, read_b = parameters

    def step(before, x):
        take, keep, cell, give = jnp.split(x @ w.T + b + before[0] @ v.T + c, 4, 1)
        cell = jax.nn.sigmoid(keep) * before[1] + jax.nn.sigmoid(take) * jnp.tanh(cell)
        return (jax.nn.sigmoid(give) * jnp.tanh(cell), cell), None

    zero = jnp.zeros((x.shape[1], v.shape[1]), jnp.float32)
    (last, _), _ = jax.lax.scan(step, (zero, zero), x)
    return jnp.square(last @ read_w.T + read_b).sum() / x.shape[1]


def alternating(a):
    s = a
    for _ in range(common.MAPPED // 2):
        s = s * a
        s = s + a
    return s


def mixed(a):
    s = a
    for _ in range(common.MAPPED // 10):
        t = jnp.exp(jnp.sin(s) * a) / (s * s + a)
        s = jnp.where(s > t, jnp.tanh(t), t - a)
    return s


def sample_loss(x, w, b, v, c):
    return jnp.square(v @ jax.nn.relu(w @ x + b) + c).sum()


def ensemble_loss(x, w, v, y):
    return jnp.square(jax.nn.relu(x @ w) @ v - y).sum()


def entropy(x):
    p = jax.nn.softmax(x)
    return -(p * jnp.log(p)).sum()


def gradients_of():
    """What is called, and what with: value and gradients are computed together."""
    work = given.workload
    if work in CHAINS:
        chain = alternating if work == "map-alternating" else mixed
        return jax.vmap(jax.value_and_grad(chain)), [np.linspace(0.4, 0.6, common.LANES)]
    if work in common.MAPS:
        shapes, shared = common.MAPS[work]
        draw = common.drawing()
        inputs = [draw(*shape) * np.float32(0.25) for shape in shapes]
        loss, of = {
            "map-samples": (sample_loss, [0]),
            "map-ensemble": (ensemble_loss, [1, 2]),
            "map-softmax": (entropy, [0]),
        }[work]
        axes = [None if i in shared else 0 for i in range(len(inputs))]
        return jax.vmap(jax.value_and_grad(loss, of), axes), inputs
    if work in common.MIXTURES:
        x, parameters, places = common.mixture(work)
        return jax.value_and_grad(log_likelihood), [parameters, x, places]
    if work in common.LSTMS:
        x, parameters = common.lstm(work)
        return jax.value_and_grad(lstm_loss), [parameters, x]
    *data, parameters = (common.gpt if work in common.GPTS else common.network)(work)
    return jax.value_and_grad(gpt_loss if work in common.GPTS else step_loss), [parameters, *data]


function, inputs = gradients_of()
function, inputs = jax.jit(function), jax.tree.map(jnp.asarray, inputs)
work = lambda: jax.block_until_ready(function(*inputs))
common.measure(1, work, lambda found: (found[0].sum(), jax.tree.leaves(found[1])))
