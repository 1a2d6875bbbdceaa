"""The errors of this package: each says what is wrong, where, and what to do about it."""


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
