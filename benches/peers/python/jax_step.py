"""JAX: loss and gradients compiled together by jax.jit."""

import os

import common

given = common.arguments([*common.STEPS])
if given.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp


def loss(layers, x, y):
    a = x
    for i, (w, b) in enumerate(layers):
        a = (jax.nn.relu(a) if i else a) @ w.T + b
    return jnp.square(a - y).sum() / len(x)


x, y, layers = jax.tree.map(jnp.asarray, common.network(given.workload))
step = jax.jit(jax.value_and_grad(loss))
common.measure(
    1,
    lambda: jax.block_until_ready(step(layers, x, y)),
    lambda found: (found[0], jax.tree.leaves(found[1])),
)
