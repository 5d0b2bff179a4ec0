"""Makes `language.npz`, the reference of `language.rs`: two small language models and five steps of gradient descent on each.

`pip install torch numpy; python3 language.py`. Weights and batches are the same in both precisions; the losses before each step and
the weights after the last are PyTorch's, in each.
"""

import numpy as np
import torch
from torch.nn import functional as F

LETTERS, CONTEXT, POINTS, HIDDEN, BATCH, STEPS, RATE = 27, 3, 4, 12, 16, 5, 0.5

generator = torch.Generator().manual_seed(0)


def some(*shape):
    return ((torch.rand(*shape, generator=generator, dtype=torch.float32) - 0.5) * 0.8).numpy()


start = {
    "table": some(LETTERS, LETTERS),
    "points": some(LETTERS, POINTS),
    "w1": some(HIDDEN, CONTEXT * POINTS),
    "b1": some(HIDDEN),
    "w2": some(LETTERS, HIDDEN),
    "b2": some(LETTERS),
}
out = dict(start)
out["context"] = torch.randint(LETTERS, (STEPS, BATCH, CONTEXT), generator=generator).numpy()
out["next"] = torch.randint(LETTERS, (STEPS, BATCH), generator=generator).numpy()


def bigram(w, context):
    return F.embedding(context[:, -1], w["table"])


def network(w, context):
    points = F.embedding(context, w["points"]).reshape(len(context), -1)
    return F.linear(torch.tanh(F.linear(points, w["w1"], w["b1"])), w["w2"], w["b2"])


for dtype, name in [(torch.float32, "f32"), (torch.float64, "f64")]:
    for model, weights in [(bigram, ["table"]), (network, ["points", "w1", "b1", "w2", "b2"])]:
        w = {key: torch.tensor(start[key], dtype=dtype, requires_grad=True) for key in weights}
        losses = []
        for context, following in zip(out["context"], out["next"]):
            loss = F.cross_entropy(model(w, torch.tensor(context)), torch.tensor(following))
            losses.append(loss.item())
            gradients = torch.autograd.grad(loss, list(w.values()))
            with torch.no_grad():
                for weight, gradient in zip(w.values(), gradients):
                    weight -= RATE * gradient
        out[f"{model.__name__}_{name}"] = np.array(losses, dtype=np.float32 if name == "f32" else np.float64)
        for key, weight in w.items():
            out[f"{key}_after_{name}"] = weight.detach().numpy()

np.savez("language.npz", **out)
