"""Notebooks made from others: students' copies, and the mark by which somebody's work in one is noticed."""

import hashlib
import json
import re


def student_version(source):
    """The notebook as a student gets it: `### BEGIN SOLUTION` regions replaced by `...`, hidden tests removed, no outputs."""
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.source = re.sub(
            r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[ \t]*$", r"\1...  # your answer", cell.source, flags=re.S | re.M
        )
        cell.source = without_hidden_tests(cell.source)
        if "keep_output" not in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None
    return notebook


def without_hidden_tests(source: str) -> str:
    """A cell's source without what only a grader runs."""
    return re.sub(r"\n?^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[ \t]*$", "", source, flags=re.S | re.M)


def write_derived(notebook, path):
    """Writes a notebook that was made from another, with a mark by which `is_edited` sees whether somebody has worked in it since."""
    import nbformat

    notebook.metadata["gan_edu"] = {"written": _digest(notebook)}
    nbformat.write(notebook, path)


def is_edited(path):
    """Whether there is a file that is not, cell by cell, what `write_derived` wrote."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        return False
    except (ValueError, LookupError, AttributeError, TypeError, nbformat.ValidationError):  # no notebook of ours
        return True
    return notebook.metadata.get("gan_edu", {}).get("written") != _digest(notebook)


def _digest(notebook):
    return hashlib.sha256(json.dumps([(cell.cell_type, cell.source) for cell in notebook.cells]).encode()).hexdigest()
