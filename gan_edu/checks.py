"""Checks: claims that a notebook makes about its own numbers, executed where they are made.

A check reports and does not stop the notebook; the course runner reads the reports and fails if one says "fails". Every check
also names at least one wrong answer, `but_not`, and refuses to exist if that answer would pass.
"""

import html
from dataclasses import dataclass, replace

import torch
from IPython.display import display

from .errors import CourseError

MIME = "application/vnd.gan-edu.check+json"

HOLDS, FAILS, OPEN, UNJUDGED = "holds", "fails", "not attempted", "not judged"


@dataclass(frozen=True)
class Report:
    """What a check found: its claim, one of the four states above, and a sentence of evidence or advice."""

    claim: str
    state: str
    detail: str = ""
    exercise: str | None = None

    def _repr_mimebundle_(self, include=None, exclude=None):
        head = f"Exercise {self.exercise}" if self.exercise else "Check"
        text = f"{head} {self.state}: {self.claim}" + (f" ({self.detail})" if self.detail else "")
        colour = {HOLDS: "#009E73", FAILS: "#C0392B"}.get(self.state, "#777777")
        detail = f"<br><span style='color:#666'>{html.escape(self.detail)}</span>" if self.detail else ""
        page = (
            f"<div style='border-left:4px solid {colour};padding:2px 0 2px 10px;margin:2px 0'>"
            f"<b style='color:{colour}'>{head} {self.state}:</b> {html.escape(self.claim)}{detail}</div>"
        )
        return {"text/plain": text, "text/html": page, MIME: vars(self)}


@dataclass(frozen=True)
class Checks:
    """The checks of one notebook.

    judging: whether claims about training are judged; the smoke profile trains too little for them to hold.

    Every method takes the claim in words as `says`, and `but_not`: one wrong answer, or a dict from what is wrong with it (a
    hint to whoever gives it) to the wrong answer.
    """

    judging: bool = True
    about: str | None = None
    training: bool = False
    reports: list = None

    def __post_init__(self):
        if self.reports is None:
            object.__setattr__(self, "reports", [])

    @property
    def learned(self):
        """The same checks for a claim about what training achieved: judged in the lecture and full profiles only."""
        return replace(self, training=True)

    def exercise(self, number):
        """The same checks for the answer to an exercise: None or ... counts as not attempted."""
        return replace(self, about=number)

    def close(self, actual, expected, within, says, but_not, where=None):
        """|actual - expected| <= within everywhere, or wherever the mask `where` is true. Numbers, arrays or tensors."""
        expected = _tensor(expected)

        def verdict(value):
            value = _tensor(value)
            if value.shape != expected.shape:
                return False, f"the shape is {tuple(value.shape)}, wanted is {tuple(expected.shape)}"
            gap = (value - expected).abs()
            gap = gap if where is None else gap[where]
            worst = gap.max().item()
            return worst <= within, f"largest error {worst:.2g}, allowed {within:.2g}"

        return self._report(verdict, actual, says, but_not)

    def at_least(self, actual, bound, says, but_not):
        """actual >= bound, for numbers."""
        return self._report(
            lambda v: (float(v) >= bound, f"{float(v):.4g}, at least {bound:.4g} wanted"), actual, says, but_not
        )

    def at_most(self, actual, bound, says, but_not):
        """actual <= bound, for numbers."""
        return self._report(lambda v: (float(v) <= bound, f"{float(v):.4g}, at most {bound:.4g} wanted"), actual, says, but_not)

    def equal(self, actual, expected, says, but_not):
        """actual == expected, for whole numbers, words and tuples of them."""
        return self._report(lambda v: (v == expected, f"the answer given is {v!r}"), actual, says, but_not)

    def that(self, predicate, actual, says, but_not):
        """predicate(actual) is true: for claims that are no plain comparison."""
        return self._report(lambda v: (bool(predicate(v)), ""), actual, says, but_not)

    def require(self, number):
        """Raises AssertionError if a check of that exercise fails or was not attempted: the hidden test of the graded version."""
        mine = [report for report in self.reports if report.exercise == number]
        wrong = [report for report in mine if report.state in (FAILS, OPEN)]
        if wrong or not mine:
            raise AssertionError(f"exercise {number}: " + ("; ".join(r.claim for r in wrong) or "no check was made"))

    def _report(self, verdict, actual, says, but_not):
        mistakes = but_not if isinstance(but_not, dict) else {None: but_not}
        if not mistakes:
            raise CourseError(f"the check “{says}” names no wrong answer: give it one as but_not.")
        for wrong in mistakes.values():
            if verdict(wrong)[0]:
                raise CourseError(f"the check “{says}” cannot fail: the wrong answer {_short(wrong)} passes it.")
        if actual is None or actual is ...:
            state, detail = OPEN, ""
        elif self.training and not self.judging:
            state, detail = UNJUDGED, "the smoke profile trains too little"
        else:
            try:
                holds, detail = verdict(actual)
            except (TypeError, ValueError, RuntimeError, LookupError, AttributeError) as error:  # of the wrong kind or shape
                holds, detail = False, f"this answer cannot be judged: {error}"
            state = HOLDS if holds else FAILS
            if not holds:
                detail = "; ".join(filter(None, [detail, *(hint for hint, w in mistakes.items() if hint and _same(actual, w))]))
        report = Report(says, state, detail, self.about)
        self.reports.append(report)
        display(report)


def _tensor(value):
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().double()
    return torch.as_tensor(value, dtype=torch.float64)  # Python floats would become float32


def _same(a, b):
    try:
        a, b = _tensor(a), _tensor(b)
    except (TypeError, ValueError, RuntimeError):  # words and tuples are no tensors
        return a == b
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-6)


def _short(value):
    text = " ".join(str(value).split())
    return text if len(text) < 60 else text[:57] + "..."
