"""PyTorch: --mode eager, or the loss compiled by torch.compile, which needs a C++ compiler."""

import common

given = common.arguments([*common.STEPS, "record"], ["eager", "compile"])

import torch
import torch.nn.functional as F

torch.set_num_threads(given.threads)


def loss(x, y, parameters):
    a = x
    for i in range(0, len(parameters), 2):
        a = F.linear(torch.relu(a) if i else a, parameters[i], parameters[i + 1])
    return (a - y).square().sum() / len(x)


if given.workload == "record":
    a = torch.tensor(common.A, dtype=torch.float64, requires_grad=True)

    def work():
        s = a
        for _ in range(common.SHORTER // 2):
            s = s * a
            s = s + a
        return s, torch.autograd.grad(s, a)

    common.measure(common.SHORTER, work, lambda found: (found[0].item(), [found[1][0].numpy()]))
else:
    x, y, layers = common.network(given.workload)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    parameters = [torch.from_numpy(p).requires_grad_() for layer in layers for p in layer]
    forward = torch.compile(loss) if given.mode == "compile" else loss

    def work():
        found = forward(x, y, parameters)
        return found, torch.autograd.grad(found, parameters)

    common.measure(1, work, lambda found: (found[0].item(), [g.numpy() for g in found[1]]))
