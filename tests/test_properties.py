"""What holds for whatever one gives: schedules, positions in the data, shapes, pyramids, names in order."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from gan_edu.data import Batches
from gan_edu.data.drawn.scenes import SHAPES, area, shape_distance
from gan_edu.data.folder import in_order
from gan_edu.games import turns
from gan_edu.models.lapgan import join, split

few = settings(max_examples=50, deadline=None, derandomize=True)
PLAYERS = ("discriminator", "generator", "encoder")
groups = some.lists(some.lists(some.sampled_from(PLAYERS), min_size=1, max_size=3), min_size=1, max_size=6)


@few
@given(groups)
def test_a_schedule_in_letters_and_one_in_names_are_the_same_turns(groups):
    letters = [name[0].upper() for group in groups for name in group]
    signs = ["" if k == 0 else "+" for group in groups for k in range(len(group))]
    written = "".join(sign + letter for sign, letter in zip(signs, letters))
    assert turns(written, PLAYERS) == turns(written.lower(), PLAYERS) == turns(groups, PLAYERS) == [tuple(g) for g in groups]


@few
@given(some.integers(1, 40), some.data(), some.integers(0, 30), some.integers(1, 10), some.integers(0, 2**32 - 1))
def test_batches_go_on_where_they_were_and_an_epoch_shows_each_row_at_most_once(count, data, before, after, seed):
    size = data.draw(some.integers(1, count))
    source = Batches(torch.arange(count), size=size, seed=seed)
    shown = [next(source) for _ in range(before)]
    state = source.state_dict()
    expected = [next(source) for _ in range(after)]
    again = Batches(torch.arange(count), size=size, seed=seed + 1)
    again.load_state_dict(state)
    assert all(torch.equal(next(again), batch) for batch in expected)
    a_pass = count // size
    for k in range(0, len(shown) - a_pass + 1, a_pass):
        rows = torch.cat(shown[k : k + a_pass])
        assert len(rows.unique()) == a_pass * size


@few
@given(some.integers(0, len(SHAPES) - 1), some.floats(0.1, 0.9))
def test_a_shape_is_as_large_as_its_area_and_distances_grow_by_no_more_than_one_goes(shape, radius):
    line = torch.linspace(-1.2, 1.2, 401, dtype=torch.float64)
    x, y = line[None, None, :], line[None, :, None]
    kind, radii = torch.tensor([shape]), torch.tensor([radius], dtype=torch.float64)
    distance = shape_distance(x.expand(1, 401, 401), y.expand(1, 401, 401), kind, radii)[0]
    cell = (line[1] - line[0]).item()
    covered = (distance < 0).double().sum().item() * cell**2
    assert abs(covered - area(shape) * radius**2) < 0.02 + 8 * radius * cell
    assert distance.diff(dim=0).abs().max() <= cell * 1.001 and distance.diff(dim=1).abs().max() <= cell * 1.001


@few
@given(some.integers(1, 3), some.integers(1, 3), some.integers(1, 4), some.integers(0, 2**32 - 1))
def test_a_pyramid_is_undone_whatever_its_size(levels, channels, coarsest, seed):
    rng = torch.Generator().manual_seed(seed)
    images = torch.rand(2, channels, coarsest * 2**levels, coarsest * 2**levels, generator=rng, dtype=torch.float64)
    parts = split(images, levels)
    assert [part.shape[-1] for part in parts] == [coarsest] + [coarsest * 2 ** (k + 1) for k in range(levels)]
    torch.testing.assert_close(join(parts), images, rtol=0, atol=1e-12)


@few
@given(some.lists(some.integers(0, 10**6), unique=True), some.sampled_from(["", "frame ", "a/b", "Ü"]))
def test_numbered_names_are_in_the_order_of_their_numbers(numbers, stem):
    names = [f"{stem}{number}.png" for number in numbers]
    assert sorted(names, key=in_order) == [f"{stem}{number}.png" for number in sorted(numbers)]
