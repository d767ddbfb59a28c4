#!/usr/bin/env python3
"""The sgd row of `foof bench step` in Python's torch: sgd.py [mlp|resnet18], batches of 100, random data, 2 threads.

Gradients are set to zero, as TorchSharp's optimisers do and torch did by default before 2.0. Prints the median
milliseconds of a step. bench/compare runs it beside Foof's own rows.
"""

import statistics
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    print("skipped: Python's torch is missing (Debian: apt-get install python3-torch)", file=sys.stderr)
    sys.exit(77)


def mlp():
    widths = [784, 1000, 1000, 1000, 10]
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *layers[:-1])


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.convolution1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.convolution2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = (
            nn.Identity()
            if stride == 1 and inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x):
        hidden = self.norm1(self.convolution1(x)).relu()
        return (self.norm2(self.convolution2(hidden)) + self.shortcut(x)).relu()


def resnet18():
    layers, inputs = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()], 64
    for stage, outputs in enumerate([64, 128, 256, 512]):
        layers += [Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


# The model, the shape of a data point, steps to warm up and steps to time.
MODELS = {"mlp": (mlp, (1, 28, 28), 20, 100), "resnet18": (resnet18, (3, 32, 32), 3, 15)}

build, shape, warm_up, steps = MODELS[sys.argv[1] if len(sys.argv) > 1 else "mlp"]
torch.set_num_threads(2)
torch.manual_seed(1)
model = build()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
batches = [(torch.randn(100, *shape), torch.randint(10, (100,))) for _ in range(4)]
times = []
for step in range(warm_up + steps):
    images, labels = batches[step % len(batches)]
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=False)
    loss = nn.functional.cross_entropy(model(images), labels)
    loss.item()
    loss.backward()
    optimizer.step()
    times.append(1e3 * (time.perf_counter() - start))
print(f"{statistics.median(times[warm_up:]):.3f}")
