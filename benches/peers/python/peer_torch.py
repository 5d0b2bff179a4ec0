"""PyTorch: --mode eager, or the loss compiled by torch.compile, which needs a C++ compiler."""

import common

given = common.arguments([*common.STEPS, *common.MIXTURES, *common.GPTS, *common.LSTMS, "record"], ["eager", "compiled"])

import torch
import torch.nn.functional as F

torch.set_num_threads(given.threads)


def step_loss(x, y, parameters):
    a = x
    for i in range(0, len(parameters), 2):
        a = F.linear(torch.relu(a) if i else a, parameters[i], parameters[i + 1])
    return (a - y).square().sum() / len(x)


def log_likelihood(x, places, parameters):
    alpha, mu, q, l = parameters
    (k, d), n = mu.shape, len(x)
    lower = l[:, places].reshape(k, d, d).tril(-1)
    root = lower + torch.diag_embed(q.exp())
    distances = ((x - mu[:, None]) @ root.mT).square().sum(2)
    sums = q.sum(1)
    slopes = (alpha + sums)[:, None] - 0.5 * distances
    log_sums = slopes.logsumexp(0).sum() - n * alpha.logsumexp(0)
    return log_sums + 0.5 * q.exp().square().sum() + 0.5 * l.square().sum() - sums.sum()


def attention(x, w, b, joining_w, joining_b):
    n, width = x.shape
    split = F.linear(x, w, b).view(n, 3, width // common.HEAD, common.HEAD).permute(1, 2, 0, 3)
    heads = F.scaled_dot_product_attention(*split.unsqueeze(1), is_causal=True)[0]
    return F.linear(heads.transpose(0, 1).reshape(n, width), joining_w, joining_b)


def gpt_loss(tokens, following, parameters):
    table, positions, *layers, scale, shift, w, b = parameters
    width = (table.shape[1],)
    x = F.embedding(tokens, table) + positions
    for i in range(0, len(layers), 12):
        p = layers[i : i + 12]
        x = x + attention(F.layer_norm(x, width, p[0], p[1]), *p[2:6])
        inner = F.linear(F.layer_norm(x, width, p[6], p[7]), p[8], p[9])
        x = x + F.linear(F.gelu(inner, approximate="tanh"), p[10], p[11])
    return F.cross_entropy(F.linear(F.layer_norm(x, width, scale, shift), w, b), following)


def lstm_loss(x, parameters):
    w, b, v, c, read_w, read_b = parameters
    zero = torch.zeros(1, x.shape[1], v.shape[1])
    # Biases, one layer, no dropout, no training of it, one direction, steps first: what `torch.nn.LSTM` calls.
    last = torch.lstm(x, (zero, zero), (w, v, b, c), True, 1, 0.0, False, False, False)[1]
    return F.linear(last[0], read_w, read_b).square().sum() / x.shape[1]


def chain():
    a = torch.tensor(common.A, dtype=torch.float64, requires_grad=True)

    def work():
        s = a
        for _ in range(common.SHORTER // 2):
            s = s * a
            s = s + a
        return s, torch.autograd.grad(s, a)

    return common.SHORTER, work


def model():
    if given.workload in common.MIXTURES:
        x, parameters, places = common.mixture(given.workload)
        loss, data = log_likelihood, (x, places.ravel())
    elif given.workload in common.LSTMS:
        x, parameters = common.lstm(given.workload)
        loss, data = lstm_loss, [x]
    elif given.workload in common.GPTS:
        *data, parameters = common.gpt(given.workload)
        loss = gpt_loss
    else:
        *data, parameters = common.network(given.workload)
        loss = step_loss
    data = [torch.from_numpy(array) for array in data]
    parameters = [torch.from_numpy(p).requires_grad_() for p in parameters]
    forward = torch.compile(loss) if given.mode == "compiled" else loss

    def work():
        found = forward(*data, parameters)
        return found, torch.autograd.grad(found, parameters)

    return 1, work


operations, work = chain() if given.workload == "record" else model()
common.measure(operations, work, lambda found: (found[0].item(), [g.numpy() for g in found[1]]))
