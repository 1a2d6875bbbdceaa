"""The course: what its notebooks begin with and check, what they show, and what runs, grades and publishes them."""

from .lesson import Lesson, begin

__all__ = ["Lesson", "begin"]
