"""The benchmarks: that the textbook's side is what it says, and that results land in their place. No times."""

import pytest
import torch

from benchmarks import __main__ as bench
from benchmarks import gpu, report, textbook
from gan_edu.data import ImageSet


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 64)])
@pytest.mark.parametrize("make", [textbook.dense, textbook.convolutional, textbook.upsampling])
def test_the_textbooks_networks_fit_the_images(make, shape):
    generator, discriminator = make(shape)
    fakes = generator(torch.zeros(2, 100))
    assert fakes.shape == (2, *shape) and discriminator(fakes).shape == (2, 1)


def test_the_textbook_loop_reads_every_image_from_pil_in_the_range_of_tanh():
    bytes_ = torch.arange(0, 256, dtype=torch.uint8).view(16, 1, 4, 4)
    drawn = ImageSet("drawn", bytes_, torch.zeros(16), ("none",), "this test")
    loop = textbook.Loop(*textbook.dense((1, 4, 4)), latent=100, images=drawn, batch=4)
    seen = torch.cat(list(loop.loader)).flatten().sort().values
    torch.testing.assert_close(seen, torch.arange(256) / 127.5 - 1)
    before = [p.clone() for p in (*loop.generator.parameters(), *loop.discriminator.parameters())]
    for _ in range(5):  # over the end of an epoch
        costs = loop.step()
    assert all(isinstance(cost, float) for cost in costs)
    after = (*loop.generator.parameters(), *loop.discriminator.parameters())
    assert all(not torch.equal(a, b) for a, b in zip(before, after))


def test_a_result_replaces_its_own_section_and_keeps_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "HERE", tmp_path)
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    rows = [{"precision": p, "step, ms": 3, "products, ms": 1, "optimiser, ms": 1} for p in ("fp32", "bf16")]
    grown = [{"what grows": name, "to": 1, "ms a round": 2} for name in bench.growth.SERIES]
    report.write("growth", bench.BENCHMARKS, grown)
    report.write("limit", bench.BENCHMARKS, rows)
    report.write("limit", bench.BENCHMARKS, [row | {"step, ms": 7} for row in rows])
    text = (tmp_path / "RESULTS.md").read_text()
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles[:2] == [f"## {bench.limit.TITLE}", f"## {bench.growth.TITLE}"]
    assert "| fp32 | 7 | 1 | 1 |" in text and "| fp32 | 3 |" not in text and "| width | 1 | 2 |" in text
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {"limit.png", "growth.png"}


@pytest.mark.skipif(gpu.ON_GPU, reason="with a GPU it takes ten minutes: run.py bench gpu")
def test_the_script_for_a_gpu_runs_through_without_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gpu, "cuda_tests", lambda: [("tests that ask for CUDA", "not here")])
    monkeypatch.setattr(gpu, "notebooks", lambda: [("notebooks in smoke without a problem", "not here")])
    found = {row["what"]: row["found"] for row in gpu.measure(folder=tmp_path)}
    assert {"ring GANs at once: 32, eager, ms", "DCGAN 16 × 16, images a second"} <= set(found)
    assert all(value > 0 for value in found.values() if not isinstance(value, str))
    assert (tmp_path / "flowers0000002.webp").is_file() and len(capsys.readouterr().out.splitlines()) == len(found)
