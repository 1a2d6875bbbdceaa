"""Trains the judge that every distance of the course looks through, and writes `gan_edu/judge.safetensors`: `python -m
recordings.judge`, some minutes."""

import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy, pad

from gan_edu.data import load
from gan_edu.judge import WEIGHTS, Judge

from .playing import real


def train(images, epochs=8, seed=0, device="cpu"):
    """A judge trained on an `ImageSet` of digits, each shifted by up to two pixels every time it is shown."""
    torch.manual_seed(seed)
    judge = Judge().to(device)
    steps = epochs * (len(images) // 128)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
    batches = images.batches(128, seed, device, labels=True)
    for _ in range(steps):
        pixels, labels = next(batches)
        down, right = torch.randint(0, 5, (2,)).tolist()
        pixels = pad(pixels, (2, 2, 2, 2), value=-1.0)[:, :, down : down + 28, right : right + 28]
        loss = cross_entropy(judge(pixels), labels, label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return judge.eval()


@torch.no_grad()
def accuracy(judge, images, among=slice(None)):
    """Share of an `ImageSet` that the judge classifies correctly when it has to choose among these of its classes."""
    device = next(judge.parameters()).device
    found = torch.cat([judge(part.to(device))[:, among].argmax(1).cpu() for part in images.pixels().split(500)])
    return (found == images.labels).float().mean().item()


if __name__ == "__main__":
    mnist = real(load("mnist"))
    judge = train(mnist)
    print(f"accuracy on the {len(mnist.held_out):,} held-out digits: {accuracy(judge, mnist.held_out):.4f}")
    save_file(judge.state_dict(), WEIGHTS)
    print(f"wrote {WEIGHTS.name}, {WEIGHTS.stat().st_size / 1e6:.2f} MB")
