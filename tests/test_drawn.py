"""Drawn pictures are what is said about them: every truth is measured again, in the pixels."""

from dataclasses import replace

import pytest
import torch
from scipy import ndimage

from gan_edu.data import Batches, Bouncing, Faces, Glyphs, Roads, Scenes, Stream, to_pixels, tokens
from gan_edu.data.drawn.laws import ASPHALT, IRISES, POSTS, WOOD
from gan_edu.data.drawn.scenes import (
    ATTRIBUTES,
    CAPTION,
    COLOURS,
    MISTAKES,
    PAPER,
    PLACES,
    SHAPES,
    SIZES,
    VOCABULARY,
    WORDS,
    area,
    captioned,
)
from gan_edu.errors import DataError

KINDS = {
    "glyphs": lambda count, rng: Glyphs.sample(
        count, rng, tilt=(-30, 30), stroke=(0, 0.1), height=(0.5, 0.7), centre=(-0.2, 0.2)
    ),
    "coloured glyphs": lambda count, rng: Glyphs.sample(count, rng, "ABC").coloured(),
    "scenes": Scenes.sample,
    "crowded scenes": lambda count, rng: Scenes.sample(count, rng, objects=(1, 5)),
    "roads": Roads.sample,
    "faces": Faces.sample,
}
kinds = pytest.mark.parametrize("kind", KINDS)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def differs(images, colour, limit=60):
    """Where pixels are far from a colour: (N, H, W)."""
    return (images.int() - torch.tensor(colour).view(1, 3, 1, 1)).abs().sum(1) > limit


def pixel(centre, side):
    """The row and the column of the pixel at x and y."""
    x, y = ((centre + 1) * side / 2).long().unbind(-1)
    return y, x


def mass_centre(ink):
    """x and y of the centre of mass of each picture's ink (N, H, W), in the picture's units."""
    line = (2 * torch.arange(ink.shape[-1]) + 1) / ink.shape[-1] - 1
    total = ink.sum((1, 2))
    return torch.stack([(ink.sum(1) * line).sum(1) / total, (ink.sum(2) * line).sum(1) / total], dim=1)


# All drawn pictures -----------------------------------------------------------------------------------------------------


@kinds
def test_a_seed_makes_the_same_pictures_and_another_makes_others(kind):
    first, again, other = (KINDS[kind](5, seeded(seed)).images(24) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


@kinds
@pytest.mark.parametrize("side", [8, 33])
def test_any_size_is_drawn_and_is_the_same_picture(kind, side, rng):
    """Twice as large and averaged back: anti-aliasing keeps what a thin line, or a place between two pixels, has of ink."""
    drawn = KINDS[kind](6, rng)
    small, large = drawn.images(side), drawn.images(2 * side)
    channels = 1 if kind == "glyphs" else 3
    assert small.shape == (6, channels, side, side) and small.dtype == torch.uint8
    gap = (torch.nn.functional.avg_pool2d(large.float(), 2) - small.float()).abs().mean()
    assert gap < 8 * 8 / side and small.float().std() > 5


@kinds
def test_the_same_truth_is_drawn_the_same_in_double_precision(kind, rng):
    drawn = KINDS[kind](6, rng)
    single = drawn.images(16)
    torch.set_default_dtype(torch.float64)  # which the fixture of every test sets back
    assert (drawn.images(16).int() - single.int()).abs().max() <= 1


@kinds
def test_some_of_the_pictures_are_those_rows_however_many_there_are(kind, rng):
    drawn = KINDS[kind](300, rng)
    everything = drawn.images(8)
    assert len(drawn) == len(everything) == 300 and (everything - drawn.picture(8)).abs().max() < 0.501
    assert torch.equal(drawn[250:260].images(8), everything[250:260])
    rows = torch.tensor([270, 3])
    assert torch.equal(drawn[rows].images(8), everything[rows]) and drawn[:0].images(8).shape == (0, *everything.shape[1:])


@pytest.mark.parametrize("range_", [(1, -1), "wide", (0, 1, 2), None])
def test_a_factor_that_is_no_range_is_reported(range_, rng):
    with pytest.raises(DataError, match=r"is no range: give one number, or \(least, greatest\)"):
        Glyphs.sample(3, rng, tilt=range_)


# Glyphs -----------------------------------------------------------------------------------------------------------------


def axis(ink):
    """Degrees clockwise from upright of the principal axis of each picture's ink (N, H, W)."""
    line = torch.arange(ink.shape[-1]).float()
    centre = (mass_centre(ink) + 1) * ink.shape[-1] / 2 - 0.5
    x, y = line - centre[:, :1], line - centre[:, 1:]
    xx, yy = (ink.sum(1) * x.square()).sum(1), (ink.sum(2) * y.square()).sum(1)
    xy = torch.einsum("nyx,nx,ny->n", ink, x, y)
    return torch.rad2deg(torch.atan2(-2 * xy, yy - xx) / 2)


def test_the_drawn_tilt_is_the_tilt_of_the_principal_axis(rng):
    tilted = Glyphs.sample(30, rng, "1I", tilt=(-35, 35))
    upright = replace(tilted, tilt=torch.zeros(30))
    measured = axis(tilted.images(48)[:, 0].float()) - axis(upright.images(48)[:, 0].float())
    torch.testing.assert_close(measured, tilted.tilt, atol=1.0, rtol=0)
    assert tilted.tilt.min() < -25 and tilted.tilt.max() > 25


def test_the_centre_is_where_the_ink_is(rng):
    drawn = Glyphs.sample(40, rng, height=(0.3, 0.5), tilt=(-30, 30), centre=(-0.3, 0.3))
    torch.testing.assert_close(mass_centre(drawn.images(32)[:, 0].float()), drawn.centre, atol=0.01, rtol=0)


def test_a_digit_is_as_high_as_it_says(rng):
    drawn = Glyphs.sample(40, rng, "147", height=(0.3, 0.8))  # digits without round ends, which reach beyond the lines
    rows = (drawn.images(64)[:, 0] > 127).any(2).sum(1)
    torch.testing.assert_close(rows.float(), 64 * drawn.height, atol=1.5, rtol=0)


def test_a_stroke_adds_to_the_thickness_of_the_lines(rng):
    drawn = Glyphs.sample(40, rng, "I", stroke=(-0.05, 0.15))
    thickness = drawn.images(64)[:, 0, 32].sum(1) / 255  # of the one line of an I, in the middle row, in pixels
    torch.testing.assert_close(thickness / (64 * 0.7) - drawn.stroke, torch.full((40,), 0.137), atol=0.001, rtol=0)


def test_a_label_says_which_character_it_is(rng):
    drawn = Glyphs.sample(60, rng)
    holes = [ndimage.label(image < 100)[1] - 1 for image in drawn.images(48)[:, 0].numpy()]
    assert holes == [(1, 0, 0, 0, 1, 0, 1, 0, 2, 1)[label] for label in drawn.label] and set(drawn.label.tolist()) == set(
        range(10)
    )


def test_glyphs_of_which_only_the_tilt_is_drawn_differ_in_nothing_else(rng):
    drawn = Glyphs.sample(40, rng, "25", tilt=(-30, 30))
    upright = replace(drawn, tilt=torch.zeros(40)).images(24)
    assert len(upright.unique(dim=0)) == 2 and len(drawn.images(24).unique(dim=0)) == 40


def test_two_domains_show_the_same_glyphs_row_by_row_and_each_character_has_one_colour(rng):
    white = Glyphs.sample(40, rng, tilt=(-20, 20))
    coloured = white.coloured()
    ink = white.images(24).float() / 255
    torch.testing.assert_close(coloured.images(24).float(), ink * coloured.ink[:, :, None, None], atol=1.01, rtol=0)
    pairs = torch.cat([white.label[:, None], coloured.ink], dim=1).unique(dim=0)
    assert len(pairs) == len(pairs[:, 1:].unique(dim=0)) == 10, "one colour a character, one character a colour"
    assert coloured.ink.amax(1).min() > 180, "colours that can be seen on black"


def test_characters_that_cannot_be_seen_are_reported(rng):
    with pytest.raises(DataError, match="the character ' ' leaves no ink"):
        Glyphs.sample(3, rng, "A B")
    with pytest.raises(DataError, match="there are no characters"):
        Glyphs.sample(3, rng, "")


# Scenes -----------------------------------------------------------------------------------------------------------------


def test_the_captioned_colour_is_the_pixel_at_the_objects_centre(rng):
    scenes = Scenes.sample(100, rng)
    rows, columns = pixel(scenes.centre[:, 0], 64)
    found = scenes.images(64)[torch.arange(100), :, rows, columns].tolist()
    assert found == [list(COLOURS[caption.split()[2]]) for caption in scenes.captions()]


def test_the_caption_names_the_ninth_in_which_the_object_is(rng):
    scenes = Scenes.sample(100, rng)
    there = mass_centre(differs(scenes.images(48), PAPER).float())
    ninths = (there * 1.5).round().int().tolist()
    assert [tuple(ninth) for ninth in ninths] == [PLACES[" ".join(caption.split()[4:])] for caption in scenes.captions()]
    assert scenes.place.unique().numel() == 9


def test_nothing_reaches_beyond_its_ninth(rng):
    scenes = Scenes.sample(300, rng)
    for ninth, (x, y) in enumerate(PLACES.values()):
        ink = differs(scenes[scenes.place[:, 0] == ninth].images(48), PAPER)
        left, top = 16 * (x + 1), 16 * (y + 1)
        assert ink[:, top : top + 16, left : left + 16].sum() == ink.sum() > 0


# Of each shape with radius 1: its area, its width and its height, from its corners.
CORNERS = 1.14
COSINE, SINE = torch.deg2rad(torch.tensor(36.0)).cos().item(), torch.deg2rad(torch.tensor(36.0)).sin().item()
FORMS = {
    "circle": (torch.pi, 2, 2),
    "square": (2 * CORNERS**2, 2**0.5 * CORNERS, 2**0.5 * CORNERS),
    "triangle": (0.75 * 3**0.5 * CORNERS**2, 3**0.5 * CORNERS, 1.5 * CORNERS),
    "star": (5 * CORNERS**2 * 0.4965 * SINE, 2 * CORNERS * 0.9511, CORNERS * (1 + COSINE)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_has_its_area_and_stands_upright(shape, rng):
    side = 160
    scenes = Scenes.sample(12, rng, words=(shape, "large", "blue"))
    paper, ink = torch.tensor(PAPER).float(), torch.tensor(COLOURS["blue"]).float()
    covered = (paper[0] - scenes.images(side)[:, 0].float()) / (paper[0] - ink[0])
    unit = scenes.radius[:, 0] * side / 2
    surface, width, height = FORMS[shape]
    torch.testing.assert_close(covered.sum((1, 2)) / unit**2, torch.full((12,), float(surface)), rtol=0.01, atol=0)
    inside = covered > 0.5
    torch.testing.assert_close(inside.any(1).sum(1), (unit * width).round().long(), atol=3, rtol=0)
    torch.testing.assert_close(inside.any(2).sum(1), (unit * height).round().long(), atol=3, rtol=0)


def test_large_is_larger_than_small(rng):
    small, large = (Scenes.sample(200, rng, words=(word,)) for word in SIZES)
    for shape in range(len(SHAPES)):
        of_shape = [differs(s[s.shape[:, 0] == shape].images(48), PAPER).sum((1, 2)) for s in (small, large)]
        assert of_shape[0].max() < of_shape[1].min()


def test_there_are_as_many_objects_as_it_says_each_in_a_place_of_its_own(rng):
    scenes = Scenes.sample(60, rng, objects=(1, 5))
    touching = torch.ones(3, 3)  # the tips of a star hang together at their corners
    seen = [ndimage.label(picture, touching)[1] for picture in differs(scenes.images(128), PAPER).numpy()]
    assert seen == scenes.objects.tolist() and set(seen) == {1, 2, 3, 4, 5}
    for place, many in zip(scenes.place.tolist(), seen):
        assert len(set(place[:many])) == many and place[many:] == [-1] * (5 - many)


def test_a_caption_is_a_sentence_and_tokens_are_its_words(rng):
    everything = ("small", "red", "circle", "on the left")
    assert Scenes.sample(3, rng, words=everything).captions() == ["a small red circle on the left"] * 3
    captions = [f"a {' '.join(names[k % len(names)] for names in WORDS)}" for k in range(40)]
    found = tokens(captions)
    assert found.shape == (40, CAPTION) and found.dtype == torch.int64
    assert [" ".join(VOCABULARY[k] for k in row if k) for row in found.tolist()] == captions
    assert len(set(VOCABULARY)) == len(VOCABULARY) and {caption.count(" ") for caption in captions} == {6, 7}


@pytest.mark.parametrize(
    "caption, wrong", [("a small pink circle", "'pink'"), ("a small red circle " * 3, "more than 8 words")]
)
def test_a_caption_that_no_scene_has_is_reported(caption, wrong):
    with pytest.raises(DataError, match=wrong):
        tokens([caption])


@pytest.mark.parametrize("objects", [1, 3])
def test_a_combination_that_is_held_out_never_appears_though_its_words_do(objects, rng):
    scenes = Scenes.sample(800, rng, objects=objects, never=[("red", "circle"), ("small", "star", "on the left")])
    names = [
        [names[k] for k in values.flatten()]
        for names, values in zip(WORDS, (scenes.size, scenes.colour, scenes.shape, scenes.place))
    ]
    drawn = set(map(frozenset, zip(*names)))
    assert not any({"red", "circle"} <= one or {"small", "star", "on the left"} <= one for one in drawn)
    for met in ({"red", "square"}, {"blue", "circle"}, {"large", "star", "on the left"}, {"small", "circle", "on the left"}):
        assert any(met <= one for one in drawn)


@pytest.mark.parametrize(
    "asked, wrong",
    [
        ({"words": ("pink",)}, "'pink' is not among the words of scenes: small, large, red"),
        ({"never": [("red", "left")]}, "'left' is not among the words"),
        ({"objects": 10}, "the words leave 9 places"),
        ({"objects": (3, 2)}, "cannot be placed"),
        ({"objects": 0}, "cannot be placed"),
        ({"objects": 2, "words": ("on the left",)}, "leave 1 places"),
        ({"words": ("red",), "never": [("red",)]}, "leave 0 places"),
    ],
)
def test_scenes_that_cannot_be_drawn_are_reported(asked, wrong, rng):
    with pytest.raises(DataError, match=wrong):
        Scenes.sample(3, rng, **asked)


def test_a_caption_is_for_one_object(rng):
    with pytest.raises(DataError, match="a caption is for a scene with one object"):
        Scenes.sample(5, rng, objects=2).captions()


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_scene_is_read_from_its_picture(side, noise, rng):
    scenes = Scenes.sample(400, rng)
    found = Scenes.read(to_pixels(scenes.images(side)) + noise * torch.randn(400, 3, side, side, generator=rng))
    for what in ("size", "colour", "shape", "place"):
        assert (getattr(found, what) == getattr(scenes, what)).float().mean() >= 0.99, what
    torch.testing.assert_close(found.centre, scenes.centre, atol=0.03, rtol=0)
    torch.testing.assert_close(found.radius, scenes.radius, atol=0.03, rtol=0)


def test_what_a_picture_shows_is_compared_with_its_scene(rng):
    scenes = Scenes.sample(50, rng)
    images = replace(scenes, colour=(scenes.colour + 1) % len(COLOURS)).images(64)
    matched = scenes.matched(images)
    assert list(matched) == list(ATTRIBUTES) and not matched["colour"].any()
    assert all(matched[name].all() for name in ("size", "shape", "place"))


@pytest.mark.parametrize("k, attribute", list(enumerate(ATTRIBUTES)))
def test_a_wrong_caption_is_wrong_in_one_thing(k, attribute, rng):
    never = [("red", "circle"), ("large", "blue")]
    scenes = Scenes.sample(2000, rng, never=never)
    wrong = scenes.misdescribed(attribute, rng, never)

    def attributes(captions):
        return [(words[1], words[2], words[3], tuple(words[4:])) for words in (caption.split() for caption in captions)]

    differ = torch.tensor([[a != b for a, b in zip(*pair)] for pair in zip(attributes(scenes.captions()), attributes(wrong))])
    assert (differ.sum(1) == 1).all()
    no_other_size = (scenes.colour == list(COLOURS).index("blue"))[:, 0]  # which large things never have
    assert differ[~no_other_size, k].all() and differ[:, k].all() == (attribute != "size")
    assert not any({"red", "circle"} <= set(c.split()) or {"large", "blue"} <= set(c.split()) for c in wrong)


def test_captioned_batches_hold_pictures_with_their_words_and_wrong_ones(rng):
    pictures, right, wrong = captioned(16, [("red", "circle")])(40, rng)
    scenes = Scenes.sample(40, torch.Generator().manual_seed(0), never=[("red", "circle")])
    assert torch.equal(pictures, to_pixels(scenes.images(16))) and torch.equal(right, tokens(scenes.captions()))
    assert wrong.shape == (40, len(MISTAKES), CAPTION) and (wrong != right[:, None]).any(2).all()
    shapes = [VOCABULARY.index(shape) for shape in SHAPES]
    of_shape = torch.isin(wrong, torch.tensor(shapes)).nonzero()
    assert (wrong[tuple(of_shape.T)].view(40, -1) != right[torch.isin(right, torch.tensor(shapes))][:, None]).sum() == 3 * 40


def test_bytes_are_read_as_pixels_are_and_a_picture_of_nothing_is_read_too(rng):
    images = Scenes.sample(20, rng).images(32)
    assert Scenes.read(images).captions() == Scenes.read(to_pixels(images)).captions()
    nothing = torch.tensor(PAPER, dtype=torch.uint8).view(1, 3, 1, 1).expand(2, -1, 32, 32)
    assert len(Scenes.read(nothing).captions()) == 2


@pytest.mark.parametrize("shape", SHAPES)
def test_the_area_of_a_shape_is_known(shape):
    assert area(list(SHAPES).index(shape)) == pytest.approx(FORMS[shape][0], rel=0.002)


def test_outlines_run_along_the_inside_of_the_objects_and_tell_no_colour(rng):
    scenes = Scenes.sample(30, rng, objects=3, words=("large",))
    outlines, ink = scenes.outlines(64), differs(scenes.images(64), PAPER, 0)
    line = outlines[:, 0] < 128
    assert (outlines == outlines[:, :1]).all() and not (line & ~ink).any()
    rim = ink & (torch.nn.functional.max_pool2d((~ink).float(), 3, 1, 1) > 0)
    near = torch.nn.functional.max_pool2d(line.float(), 5, 1, 2) > 0
    assert near[rim].all(), "all around"
    rows, columns = pixel(scenes.centre, 64)
    assert (outlines[torch.arange(30)[:, None], 0, rows, columns] == 255).all(), "and hollow"
    assert torch.equal(replace(scenes, colour=scenes.shape).outlines(64), outlines)


# Laws -------------------------------------------------------------------------------------------------------------------


def line_through(points):
    """Slope and offset of the line x = slope · y + offset through points (n, 2), by least squares."""
    ones = torch.ones(len(points))
    return torch.linalg.lstsq(torch.stack([points[:, 1], ones], dim=1), points[:, :1]).solution[:, 0]


def test_the_edges_of_a_road_meet_at_the_horizon(rng):
    side = 256
    roads = Roads.sample(10, rng)
    for asphalt, horizon, edges in zip(~differs(roads.images(side), ASPHALT), roads.horizon, roads.edges):
        rows = torch.arange(side)[asphalt.sum(1) > 4]
        first = asphalt[rows].float().argmax(1)
        beyond = side - asphalt[rows].flip(1).float().argmax(1)
        (a, b), (c, d) = (line_through(torch.stack([end, rows + 0.5], dim=1) * 2 / side - 1) for end in (first, beyond))
        y = (d - b) / (a - c)
        torch.testing.assert_close(torch.stack([a * y + b, y]), horizon, atol=4 / side, rtol=0)
        torch.testing.assert_close(torch.stack([a + b, c + d]), edges, atol=2 / side, rtol=0)


def test_feet_and_tops_of_the_posts_lie_on_lines_through_the_same_point(rng):
    side = 256
    roads = Roads.sample(10, rng)
    for wood, horizon, post in zip(~differs(roads.images(side), WOOD), roads.horizon, roads.post):
        labels, many = ndimage.label(wood.numpy())
        assert many == POSTS
        boxes = ndimage.find_objects(labels)
        rows, columns = max(boxes, key=lambda box: box[0].stop)
        nearest = torch.tensor([(columns.start + columns.stop) / 2, rows.stop, rows.start]) * 2 / side - 1
        torch.testing.assert_close(nearest, post, atol=2 / side, rtol=0)
        for end in (lambda rows: rows.start, lambda rows: rows.stop):
            points = torch.tensor([[columns.start + columns.stop, 2 * end(rows)] for rows, columns in boxes]) / side - 1
            slope, offset = line_through(points.flip(1))  # y by x
            assert abs(slope * horizon[0] + offset - horizon[1]) < 4 / side
            assert points[:, 1].std() > 0.02


@pytest.mark.parametrize("side", [32, 47])
def test_a_face_is_its_own_mirror_image(side, rng):
    images = Faces.sample(20, rng).images(side)
    assert torch.equal(images, images.flip(3)) and not torch.equal(images, images.flip(2))


def test_both_eyes_have_the_colour_that_it_says(rng):
    faces = Faces.sample(20, rng)
    apart, above, _ = faces.eyes.unbind(1)
    for x in (apart, -apart):
        rows, columns = pixel(torch.stack([x, -above], dim=1), 64)
        assert faces.images(64)[torch.arange(20), :, rows, columns].tolist() == [list(IRISES[k]) for k in faces.iris]


# Motion -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def digits(rng):
    """Pictures without a dark border, so that nothing of them is lost unseen; wider than high."""
    return torch.randint(1, 256, (6, 1, 5, 7), dtype=torch.uint8, generator=rng)


def test_digits_stay_inside_the_frame_reach_its_walls_and_keep_their_speed(digits, rng):
    scenes = Bouncing.sample(digits, 20, rng, side=20, speed=2.5)
    step = 1 / 64
    path = scenes.path(torch.arange(0, 60, step))
    assert path.amin((0, 1, 2)).tolist() == pytest.approx([0, 0], abs=0.05)
    assert path.amax((0, 1, 2)).tolist() == pytest.approx([13, 15], abs=0.05) and path.min() >= 0
    assert (path <= torch.tensor([13.0, 15.0])).all()
    speeds = path.diff(dim=1).norm(dim=3) / step
    assert speeds.max() < 2.5 + 1e-3 and ((speeds - 2.5).abs() < 1e-3).float().mean() > 0.98, (
        "but for the steps that hit a wall"
    )
    torch.testing.assert_close(scenes.path([0.0])[:, 0], scenes.start)


def test_frames_are_the_unchanged_pictures_where_the_path_says(digits, rng):
    scenes = Bouncing.sample(digits, 4, rng, side=12)
    frames, path = scenes.frames(range(15)), scenes.path(range(15)).round().int()
    assert frames.shape == (4, 15, 1, 12, 12) and frames.dtype == torch.uint8 and len(scenes) == 4
    expected = torch.zeros_like(frames)
    for n in range(4):
        for t in range(15):
            for (x, y), picture in zip(path[n, t].tolist(), scenes.pictures[n]):
                there = expected[n, t, 0, y : y + 5, x : x + 7]
                there.copy_(torch.maximum(there, picture))
    assert torch.equal(frames, expected)
    known = {bytes(digit.numpy()) for digit in digits}
    assert {bytes(picture.numpy()) for picture in scenes.pictures.flatten(0, 1)} <= known


def test_the_next_frame_is_known(digits, rng):
    scenes = Bouncing.sample(digits, 3, rng, side=16, digits=1)
    film = scenes.frames(range(11))
    assert torch.equal(scenes.frames([10])[:, 0], film[:, 10]) and not torch.equal(film[:, 10], film[:, 9])


def test_a_seed_makes_the_same_films_and_another_makes_others(digits):
    first, again, other = (Bouncing.sample(digits, 3, seeded(seed), side=16).frames(range(3)) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("images, side", [((4, 3, 5, 5), 64), ((4, 1, 5, 16), 16), ((4, 1, 20, 5), 16)])
def test_images_that_cannot_move_about_are_reported(images, side, rng):
    with pytest.raises(DataError, match=rf"cannot move about in frames of {side}×{side}"):
        Bouncing.sample(torch.zeros(images, dtype=torch.uint8), 2, rng, side=side)


# Batches ----------------------------------------------------------------------------------------------------------------


def test_scenes_and_their_words_are_batched_together(rng):
    scenes = Scenes.sample(12, rng)
    images, words = next(Batches(scenes.images(16), tokens(scenes.captions()), size=5, prepare=to_pixels))
    every, captions = to_pixels(scenes.images(16)), tokens(scenes.captions())
    rows = [next(k for k in range(12) if torch.equal(every[k], image)) for image in images]
    assert len(set(rows)) == 5 and torch.equal(captions[rows], words)


def test_scenes_can_be_drawn_afresh_for_ever_and_go_on_from_where_they_were():
    stream = Stream(lambda size, rng: to_pixels(Scenes.sample(size, rng).images(8)), size=3)
    first, position = next(stream), stream.state_dict()
    second = next(stream)
    stream.load_state_dict(position)
    assert torch.equal(next(stream), second) and not torch.equal(first, second)
