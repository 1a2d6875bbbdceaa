"""Claims over seeds: what is tried, what is kept of it, how margins are counted, and what a reader sees of it."""

import json
import math

import nbformat
import pytest
from distributed import LocalCluster

from gan_edu.course import claims, pages, recorded, runner
from gan_edu.course.checks import FAILS, HOLDS, Checks
from gan_edu.errors import CourseError

START = """from gan_edu import course
lesson = course.begin(PROFILE, SEED, DEVICE)
check = lesson.check
check.learned.at_least(SEED / 100, 1.0, says="a seed is large", but_not=0.5)
check.learned.at_most(SEED, 200, says="a seed is not too large", but_not=300)
check.learned.that(bool, 1, says="one is true", but_not=0)
check.close(1.0, 1.0, within=1e-9, says="one is one", but_not=2.0)"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A course of one notebook, whose first claim fails below seed 100."""
    parameters = nbformat.v4.new_code_cell('PROFILE = "lecture"\nSEED = 0\nDEVICE = "auto"', metadata={"tags": ["parameters"]})
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [parameters, nbformat.v4.new_code_cell(START)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), tmp_path / "01_seeds.ipynb")
    for module, name, value in [
        (runner, "NOTEBOOKS", tmp_path),
        (claims, "DONE", tmp_path / "build"),
        (claims, "FILE", tmp_path / "claims.json"),
        (claims, "PAGE", tmp_path / "claims.md"),
        (recorded, "FOLDER", tmp_path),
    ]:
        monkeypatch.setattr(module, name, value)
    return tmp_path


def report(claim="it learns", state=HOLDS, learned=True, exercise=None, **measured):
    measured = {key.replace("_", " "): value for key, value in measured.items()}
    return {"claim": claim, "state": state, "learned": learned, "exercise": exercise, "measured": measured, "detail": ""}


def result(*reports, problems=()):
    return {"outcome": {"name": "01_seeds", "seconds": 2.0, "checks": {}, "problems": list(problems)}, "reports": reports}


def test_seeds_are_numbers_and_ranges():
    assert claims.parse_seeds("100-103,7, 101") == [7, 100, 101, 102, 103]


@pytest.mark.parametrize("text", ["", "a", "5-3", "1-", "-4", "1;2"])
def test_what_names_no_seeds_is_a_sentence(text):
    with pytest.raises(CourseError, match="names no seeds"):
        claims.parse_seeds(text)


def test_notebooks_are_tried_with_each_seed_once_and_the_record_says_what_was_found(house):
    said = []
    quiet = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(1, threads_per_worker=1, **quiet) as cluster:
        claims.try_seeds(seeds=[99, 150], scheduler=cluster, say=said.append)
    assert any("FAILED" in line for line in said) and any("4 checks hold" in line for line in said)
    entry = json.loads((house / "claims.json").read_text())["01_seeds"]
    large, not_too_large, true, one = entry["claims"]
    assert entry["seeds"] == [99, 150] and set(entry["problems"]) == {"99"}
    assert large["found"] == [0.99, 1.5] and large["at least"] == 1.0 and large["held"] == 1 and large["learned"]
    assert not_too_large["held"] == 2 and "found" not in true and not one["learned"]
    said.clear()
    claims.try_seeds(seeds=[99, 150], say=said.append)
    assert said == ["2 runs, of which 2 are done"]


def test_a_notebook_whose_code_changed_is_tried_again(house):
    before = claims.place(house / "01_seeds.ipynb", "lecture", 100)
    notebook = nbformat.read(house / "01_seeds.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("words"))
    nbformat.write(notebook, house / "01_seeds.ipynb")
    assert claims.place(house / "01_seeds.ipynb", "lecture", 100) == before
    notebook.cells[1].source += "\nprint()"
    nbformat.write(notebook, house / "01_seeds.ipynb")
    assert claims.place(house / "01_seeds.ipynb", "lecture", 100) != before


def test_other_data_is_another_trial(house, monkeypatch):
    before = claims.place(house / "01_seeds.ipynb", "lecture", 100)
    monkeypatch.setattr(claims.images, "find", lambda name: house)
    assert claims.place(house / "01_seeds.ipynb", "lecture", 100) != before


def test_a_smoke_run_leaves_the_record_of_lectures(house, monkeypatch):
    (house / "claims.json").write_text("{}")
    where = claims.place(house / "01_seeds.ipynb", "smoke", 100)
    claims.keep(where, result(report(state="not judged")))
    claims.try_seeds(seeds=[100], profile="smoke", say=lambda line: None)
    assert (house / "claims.json").read_text() == "{}" and not (house / "claims.md").exists()


def test_margins_are_counted_on_the_right_side_of_the_bound():
    assert claims.margins({"found": [3.0, 1.0], "at least": 2.0}) == [1.0, -1.0]
    assert claims.margins({"found": [3.0, 1.0], "at most": [4.0, 2.0]}) == [1.0, 1.0]
    assert claims.margins({"held": 2}) == []
    assert claims.deviations({"found": [2.0, 4.0, 6.0], "at least": 1.0}) == pytest.approx(1.5)
    assert claims.deviations({"found": [2.0, 2.0], "at least": 1.0}) == math.inf


def test_of_a_claim_made_twice_in_a_run_the_worse_counts():
    good, bad = report(found=5.0, at_least=1.0), report(found=2.0, at_least=1.0)
    for reports in ([good, bad], [bad, good]):
        (claim,) = claims.entry({100: result(*reports)})["claims"]
        assert claim["found"] == [2.0]
    (claim,) = claims.entry({100: result(report(state=FAILS), report())})["claims"]
    assert claim["held"] == 0


def test_the_page_lists_what_is_learned_or_failed_the_narrowest_margin_first():
    wide, narrow = ([report(name, found=f, at_least=1.0) for f in found] for name, found in
                    [("wide", (9.0, 9.5)), ("narrow", (1.1, 1.9))])  # fmt: skip
    exact = [report("exact", learned=False), report("exact", learned=False)]
    failed = [report("failed |ρ|", learned=False), report("failed |ρ|", FAILS, learned=False)]
    results = {seed: result(*reports) for seed, *reports in zip((100, 101), wide, narrow, exact, failed)}
    page = claims.page({"01_seeds": claims.entry(results)})
    assert page.index("| narrow |") < page.index("| wide |") and "| exact |" not in page and "1 further checks" in page
    assert r"| 01 | failed \|ρ\| | | | | | | 1 of 2 |" in page


def test_a_reader_sees_for_how_many_other_seeds_a_claim_held(house, capsys):
    (house / "claims.json").write_text(json.dumps({"01_seeds": claims.entry({100: result(report()), 101: result(report())})}))
    check = Checks(recorded=recorded.held())
    check.learned.at_least(3, 2, says="it learns", but_not=1)
    check.at_least(3, 2, says="another", but_not=1)
    check.exercise("1.1").learned.at_least(1, 2, says="it learns", but_not=1)
    assert [r.detail for r in check.reports] == [
        "3, at least 2 wanted; recorded: held for 2 of 2 other seeds",
        "3, at least 2 wanted",
        "1, at least 2 wanted; recorded: the solution held for 2 of 2 other seeds",
    ]


def test_the_index_of_the_course_leads_to_the_claims(house):
    pages.write_index(house, [], "lecture", 0)
    assert "claims.html" not in (house / "index.html").read_text()
    (house / "claims.md").write_text("| claim | margin |\n|---|---|\n| it learns, $q = p$ | 3 |\n")
    pages.write_index(house, [], "lecture", 0)
    page = (house / "claims.html").read_text()
    assert "claims.html" in (house / "index.html").read_text() and "<td>it learns" in page and "<math" in page
