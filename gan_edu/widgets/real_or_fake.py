"""The discriminator's game, played by a person: is this image real or fake? For notebook 09."""

import ipywidgets
import torch

from .. import plots
from ..data import to_pixels
from ..errors import GameError
from ..metrics import sensitivity
from .panel import Panel

LETTERS = {"r": True, "f": False}
WORDS = {True: "real", False: "fake"}


class RealOrFake:
    """A game of `trials` images, each real or fake as a coin falls; the player is told after each answer which it was.

    real, fake: images (N, C, H, W) and (M, C, H, W), bytes or pixels in [-1, 1], at least `trials` of each; none is shown twice in
    a game. logits: a pair of tensors, (N, ...) and (M, ...), what a discriminator says of them; it then plays the same game.
    seed: of the choice and the order of the images.

    A balanced pack could be counted, as cards are; a coin cannot. It is tossed again only if it leaves less than a quarter of the
    trials to one side. `view()` is the widget. Raises GameError for images or logits that do not fit together, or too few.
    """

    def __init__(self, real, fake, trials=20, logits=None, seed=0):
        if real.dim() != 4 or real.shape[1:] != fake.shape[1:]:
            shapes = f"{tuple(real.shape)} and {tuple(fake.shape)}"
            raise GameError(f"images must be (N, C, H, W), real and fake of one size; these are {shapes}.")
        if trials < 4 or min(len(real), len(fake)) < trials:
            raise GameError(
                f"a game of {trials} trials with {len(real)} real and {len(fake)} fake images cannot be played: it needs at least 4 "
                "trials, and as many images of either kind as trials."
            )
        if logits is not None and tuple(map(len, logits)) != (len(real), len(fake)):
            raise GameError(
                f"there are {len(real)} real and {len(fake)} fake images: logits must be a pair of tensors as long."
            )
        self.images = [(to_pixels(x) if x.dtype == torch.uint8 else x.detach().float()).cpu() for x in (real, fake)]
        self.logits = None if logits is None else [x.detach().float().cpu().reshape(len(x), -1).mean(1) for x in logits]
        self.trials = trials
        self.restart(seed)

    def restart(self, seed):
        """A new game: other images in another order, no answers."""
        rng = torch.Generator().manual_seed(seed)
        truth = torch.zeros(self.trials, dtype=torch.bool)
        while min(truth.sum(), (~truth).sum()) < self.trials // 4:
            truth = torch.rand(self.trials, generator=rng) < 0.5
        places = [torch.randperm(len(images), generator=rng)[: self.trials] for images in self.images]

        def dealt(real, fake):
            return torch.stack([(real[r] if t else fake[f]) for t, r, f in zip(truth, *places)])

        self.seed, self.truth, self.answers = seed, truth.tolist(), []
        self.shown = dealt(*self.images)
        self.network = None if self.logits is None else (dealt(*self.logits) > 0).tolist()

    @property
    def over(self):
        """Whether all images have been judged."""
        return len(self.answers) == self.trials

    def answer(self, letter):
        """The player's answer to the image on show: "r" for real, "f" for fake. Raises GameError for another letter, or if the game
        is over."""
        if letter not in LETTERS:
            raise GameError(f'answer "r" for real or "f" for fake, not {letter!r}.')
        if self.over:
            raise GameError(f"all {self.trials} images have been judged: start a new game.")
        self.answers.append(LETTERS[letter])

    def score(self, answers):
        """The `metrics.Sensitivity` of answers, True for "real", to all images of this game."""
        return sensitivity(*self._yes(answers), sum(self.truth), self.trials - sum(self.truth))

    def describe(self):
        """What happened last and what is to be done, in plain words; at the end the result."""
        parts, now = [], len(self.answers)
        if now:
            right = sum(answer == truth for answer, truth in zip(self.answers, self.truth))
            verdict = "Right" if self.answers[-1] == self.truth[now - 1] else "Wrong"
            parts.append(f"{verdict}: that one was {WORDS[self.truth[now - 1]]}. {right} of {now} right.")
        if not self.over:
            return " ".join([*parts, f"Image {now + 1} of {self.trials}: real or fake?"])
        parts.append(self._result("You", self.answers))
        if self.network is not None:
            parts.append(self._result("The discriminator", self.network))
        return " ".join(parts)

    def _yes(self, answers):
        """How many real and how many fake images were called real."""
        called = [truth for truth, answer in zip(self.truth, answers, strict=True) if answer]
        return sum(called), len(called) - sum(called)

    def _result(self, who, answers):
        (hits, false_alarms), score, real = self._yes(answers), self.score(answers), sum(self.truth)
        fake = self.trials - real
        sure = abs(score.value) > 2 * score.error
        verdict = ("better" if score.value > 0 else "worse") + " than guessing" if sure else "not to be told from guessing"
        return (
            f"{who} called {hits} of {real} real images real (hit rate {hits / real:.0%}) and {false_alarms} of {fake} fakes "
            f"(false-alarm rate {false_alarms / fake:.0%}): {score} (one standard error), {verdict}."
        )

    def frame(self):
        """The picture as PNG bytes: the image on show; at the end all of them, by what they were and what they were called."""
        if not self.over:
            now = len(self.answers)
            ax = plots.samples(self.shown[now : now + 1], 1, f"image {now + 1} of {self.trials}", scale=3.4)
            return plots.frame(ax.figure)
        kinds = [(truth, called) for truth in (True, False) for called in (True, False)]
        verdicts = list(zip(self.truth, self.answers))
        columns, (height, width) = 7, self.shown.shape[2:]
        rows = -(-max(map(verdicts.count, kinds)) // columns)
        grid = plots.axes(2, 2, height=0.4 + 0.55 * rows)
        for ax, (truth, called) in zip(grid.flat, kinds):
            these = [k for k, verdict in enumerate(verdicts) if verdict == (truth, called)]
            if these:
                plots.samples(self.shown[these], columns, ax=ax)
            title = f"{len(these)} {WORDS[truth]}, called {WORDS[called]}"
            ax.set_title(title, color=plots.DATA if truth else plots.GENERATOR)
            ax.set(xlim=(0, columns * (width + 1)), ylim=(rows * (height + 1), 0), aspect="equal")
            ax.axis("off")
        return plots.frame(grid[0, 0].figure)

    def view(self):
        """The game as a widget. Every control can be reached and used with the keyboard alone."""
        real, fake = (ipywidgets.Button(description=name, tooltip=f"this image is {name}") for name in ("real", "fake"))
        letter = ipywidgets.Text(description="r or f", placeholder="type r or f", layout={"width": "14rem"})
        new = ipywidgets.Button(description="new game", tooltip="other images in another order")
        panel = Panel([ipywidgets.HBox([real, fake, letter, new])], self.frame, self.describe)

        def press(letter):
            if not self.over:  # a press too many leaves the result where it is; a disabled button would lose the focus
                self.answer(letter)

        def typed():
            last, letter.value = letter.value[-1].lower(), ""
            press(last)

        type_one = panel.does(typed)
        real.on_click(panel.does(lambda: press("r")))
        fake.on_click(panel.does(lambda: press("f")))
        letter.observe(lambda change: type_one() if change["new"] else None, "value")
        new.on_click(panel.does(lambda: self.restart(self.seed + 1)))
        panel.controls = {"real": real, "fake": fake, "letter": letter, "new": new}
        return panel
