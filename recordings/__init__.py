"""What makes the records in `notebooks/recorded/`: one module a record, `python -m recordings NAME` plays it.

A module names its `TASKS`, each a tuple of words and numbers; `contest(task, folder)` plays one of them and returns what came of
it, as numbers, words and tensors; what takes more than minutes keeps its checkpoints in that folder and goes on from there.
`keep(found)` writes the record from what came of all. `begin()` makes the runs of seed 0, unplayed, by which
`gan_edu.course.recorded` recognises the record, and `remeasured()`, where weights are kept, measures these again.
"""

RECORDINGS = (
    "league",
    "article",
    "bigan",
    "facades",
    "few_labels",
    "flowers",
    "house_fronts",
    "infogan",
    "lapgan",
    "next_frame",
    "palettes",
    "stacked",
    "stackgan",
    "super_resolution",
)
