"""Checks: claims that a notebook makes about its own numbers, executed where they are made.

A check reports and does not stop the notebook; the course runner reads the reports and fails if one says "fails". Every check
also names at least one wrong answer, `but_not`, and refuses to exist if that answer would pass.
"""

import html
import math
import os
import re
import traceback
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from IPython.display import display

from ..errors import CourseError

MIME = "application/vnd.gan-edu.check+json"

HOLDS, FAILS, OPEN, UNJUDGED = "holds", "fails", "not attempted", "not judged"
SINGLE = 2e-6  # of a number: what sixteen roundings in single precision, PyTorch's own, may add up to


@dataclass(frozen=True)
class Report:
    """What a check found: its claim, one of the four states above, and a sentence of evidence or advice.

    learned: whether the claim is about what training achieved. measured: of a comparison, the number found and its bound, as
    {"found": 0.93, "at least": 0.9} or {"found": 1e-7, "at most": 1e-6}.
    """

    claim: str
    state: str
    detail: str = ""
    exercise: str | None = None
    learned: bool = False
    measured: dict = field(default_factory=dict)

    def _repr_mimebundle_(self, include=None, exclude=None):
        head = f"Exercise {self.exercise}" if self.exercise else "Check"
        text = f"{head} {self.state}: {self.claim}" + (f" ({self.detail})" if self.detail else "")
        colour = {HOLDS: "#009E73", FAILS: "#C0392B"}.get(self.state, "#777777")
        claim, detail = (re.sub("`(.+?)`", r"<code>\1</code>", html.escape(words)) for words in (self.claim, self.detail))
        detail = detail and f"<br><span style='color:#666'>{detail}</span>"
        page = (
            f"<div style='border-left:4px solid {colour};padding:2px 0 2px 10px;margin:2px 0'>"
            f"<b style='color:{colour}'>{head} {self.state}:</b> {claim}{detail}</div>"
        )
        return {"text/plain": text, "text/html": page, MIME: vars(self)}


@dataclass(frozen=True)
class Checks:
    """The checks of one notebook.

    judging: whether claims about training are judged; the smoke profile trains too little for them to hold.
    recorded: for claims that were tried with other seeds, the number of seeds for which they held, and of how many.

    Every method takes the claim in words as `says`, and `but_not`: one wrong answer, or a dict from what is wrong with it (a
    hint to whoever gives it) to the wrong answer. What is `actual` may be given as a function without arguments, and `through`
    turns it into what is compared: both are called inside the check, which reports what they raise.
    """

    judging: bool = True
    about: str | None = None
    training: bool = False
    recorded: dict[str, tuple[int, int]] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)

    @property
    def learned(self):
        """The same checks for a claim about what training achieved: judged in the lecture and full profiles only."""
        return replace(self, training=True)

    def exercise(self, number):
        """The same checks for the answer to an exercise, which is not attempted where it is, or holds, None or `...`."""
        return replace(self, about=number)

    def close(self, actual, expected, within, says, but_not, where=None, through=None):
        """|actual - expected| <= within everywhere, or wherever the mask `where` is true. Numbers, arrays or tensors.

        The answer to an exercise may be in single precision whatever `within` says: an error of that size, of a number or of 1 if
        the number is smaller, does not count.
        """
        expected = _tensor(expected)
        rounding = SINGLE * expected.abs().clamp(min=1) if self.about else 0

        def verdict(value):
            value = _tensor(value)
            if expected.dim() == 0 and value.numel() == 1:
                value = value.reshape(())  # a number is a number, in brackets too, as in at_least and at_most
            if value.shape != expected.shape:
                return False, f"the shape is {tuple(value.shape)}, wanted is {tuple(expected.shape)}", {}
            gap = ((value - expected).abs() - rounding).clamp(min=0)
            gap = gap if where is None else gap[where]
            worst = gap.max().item()
            found = {"found": worst, "at most": within}
            return worst <= within, f"largest error {worst:.2g}, allowed {within:.2g}", found

        return self._report(verdict, actual, says, but_not, through)

    def at_least(self, actual, bound, says, but_not, through=None):
        """actual >= bound, for numbers."""

        def verdict(value):
            value = _number(value)
            return value >= bound, f"{value:.4g}, at least {bound:.4g} wanted", {"found": value, "at least": float(bound)}

        return self._report(verdict, actual, says, but_not, through)

    def at_most(self, actual, bound, says, but_not, through=None):
        """actual <= bound, for numbers."""

        def verdict(value):
            value = _number(value)
            return value <= bound, f"{value:.4g}, at most {bound:.4g} wanted", {"found": value, "at most": float(bound)}

        return self._report(verdict, actual, says, but_not, through)

    def equal(self, actual, expected, says, but_not, through=None):
        """actual == expected, for whole numbers, words, and tuples, lists or arrays of them, which are all alike."""
        found, expected = "the answer given is {}".format, _plain(expected)
        return self._report(
            lambda v: (bool(_plain(v) == expected), found(_short(repr(v), 300)), {}), actual, says, but_not, through
        )

    def that(self, predicate, actual, says, but_not):
        """predicate(actual) is true: for claims that are no plain comparison."""
        return self._report(lambda v: (bool(predicate(v)), "", {}), actual, says, but_not)

    def require(self, number):
        """Raises AssertionError if a check of that exercise fails or was not attempted when it was last made: the hidden test of
        the graded version."""
        latest = {report.claim: report for report in self.reports if report.exercise == number}
        wrong = [claim for claim, report in latest.items() if report.state in (FAILS, OPEN)]
        if wrong or not latest:
            raise AssertionError(f"exercise {number}: " + ("; ".join(wrong) or "no check was made"))

    def _report(self, verdict, actual, says, but_not, through=None):
        mistakes = but_not if isinstance(but_not, dict) else {None: but_not}
        if not mistakes:
            raise CourseError(f"the check “{says}” names no wrong answer: give it one as but_not.")
        for wrong in mistakes.values():
            if verdict(wrong)[0]:
                raise CourseError(f"the check “{says}” cannot fail: the wrong answer {_short(wrong)} passes it.")
        try:
            state, detail, measured = self._judged(verdict, actual, mistakes, through)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (an answer is any object, and runs any code)
            said = _short(traceback.format_exception_only(error)[0], 300)
            state, detail, measured = FAILS, f"this answer cannot be judged: {said}", {}
            if isinstance(error, NotImplementedError) and not error.args:  # nbgrader's own stub
                state, detail = OPEN, ""
        if state in (HOLDS, FAILS) and says in self.recorded:
            of_whom = "the solution " if self.about else ""  # not this answer
            detail += "; recorded: {}held for {} of {} other seeds".format(of_whom, *self.recorded[says])
        if not all(map(math.isfinite, measured.values())):
            measured = {}  # JSON knows no infinity
        report = Report(says, state, detail.removeprefix("; "), self.about, self.training, measured)
        self.reports.append(report)
        display(report)
        if self.about and "NBGRADER_VALIDATING" in os.environ:  # the copy has no hidden tests, and only what raises counts
            self.require(self.about)

    def _judged(self, verdict, actual, mistakes, through):
        value = actual() if callable(actual) else actual
        if _missing(value):
            return OPEN, "", {}
        value = through(value) if through else value
        holds, detail, measured = verdict(value)
        if self.training and not self.judging:
            return UNJUDGED, "the smoke profile trains too little", {k: v for k, v in measured.items() if k != "found"}
        if not holds:
            detail = "; ".join(filter(None, [detail, *(hint for hint, w in mistakes.items() if hint and _same(value, w))]))
        return (HOLDS if holds else FAILS), detail, measured


def _missing(value):
    """Whether an answer, or a part of it, is None or `...`."""
    if isinstance(value, dict):
        value = list(value.values())
    elif isinstance(value, np.ndarray) and value.dtype == object:
        value = value.tolist()
    return value is None or value is ... or (isinstance(value, (list, tuple)) and any(map(_missing, value)))


def _plain(value):
    """Arrays, tensors and tuples as lists, all the way down, and fractions and the like as floats."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return float(value) if hasattr(value, "__float__") and not isinstance(value, (int, float)) else value


def _tensor(value):
    """Numbers, arrays, tensors, and lists of them, in double precision. Raises TypeError for what is no real number."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        value = torch.from_numpy(value.astype(np.float64, order="C"))  # torch knows no negative strides
    if not isinstance(value, torch.Tensor):
        value = torch.as_tensor(_plain(value), dtype=torch.float64)  # Python floats would become float32
    if value.is_complex():
        raise TypeError("a real number is wanted, not a complex one")
    return value.detach().cpu().double()


def _number(value):
    return _tensor(value).item()


def _same(a, b):
    try:
        a, b = _tensor(a), _tensor(b)
    except (TypeError, ValueError, RuntimeError, OverflowError):  # words and tuples are no tensors
        return _plain(a) == _plain(b)
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-6)


def _short(value, most=60):
    text = " ".join(str(value).split()).encode(errors="replace").decode()  # half a character cannot be sent
    return text if len(text) < most else text[: most - 3] + "..."
