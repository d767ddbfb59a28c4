#!/usr/bin/env python3
"""The sgd row of `foof bench step` in Python's torch: the paper's network, batches of 100, random data, 2 threads.

Gradients are set to zero, as TorchSharp's optimisers do and torch did by default before 2.0. Prints the median milliseconds of a step. bench/compare runs it beside Foof's own row.
"""

import statistics
import sys
import time

try:
    import torch
except ImportError:
    print("skipped: Python's torch is missing (Debian: apt-get install python3-torch)", file=sys.stderr)
    sys.exit(77)

WARM_UP, STEPS = 20, 100

torch.set_num_threads(2)
torch.manual_seed(1)
widths = [784, 1000, 1000, 1000, 10]
layers = []
for inputs, outputs in zip(widths, widths[1:]):
    layers += [torch.nn.Linear(inputs, outputs, bias=False), torch.nn.ReLU()]
model = torch.nn.Sequential(torch.nn.Flatten(), *layers[:-1])
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
batches = [(torch.randn(100, 1, 28, 28), torch.randint(10, (100,))) for _ in range(4)]
times = []
for step in range(WARM_UP + STEPS):
    images, labels = batches[step % len(batches)]
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=False)
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    loss.item()
    loss.backward()
    optimizer.step()
    times.append(1e3 * (time.perf_counter() - start))
print(f"{statistics.median(times[WARM_UP:]):.3f}")
