"""The errors of this package: each says what is wrong, where, and what to do about it."""

import errno
from contextlib import contextmanager

REMEDIES = dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "check its permissions")
REMEDIES |= dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room on the disk")


class GanEduError(Exception):
    """The family: catch this to catch them all."""


class DataError(GanEduError):
    """A data set is missing, damaged, or not what it claims to be."""


class GameError(GanEduError):
    """A game, a schedule or a batch that does not fit together."""


class CheckpointError(GanEduError):
    """A checkpoint that cannot be read, or that belongs to another run."""


class CourseError(GanEduError):
    """A notebook, a profile or a check that the course runner cannot work with."""


@contextmanager
def file_errors(kind, path, what="written"):
    """Inside, what the system does not let be read or written raises an error of that kind: where, why, and what to do about it."""
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno, "choose another place")
        raise kind(f"{path} cannot be {what} ({error.strerror or error}): {remedy}.") from error
