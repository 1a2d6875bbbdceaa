"""Claims over seeds: every check of the notebooks tried with seeds that no reader uses, and how near to its bound it comes.

`gan-edu claims` executes notebooks, one seed after the other, and keeps what each check found in `build/claims/`, so that a command
that was interrupted goes on. `notebooks/recorded/claims.json` says for each claim what was found with each seed, and `claims.md` lists
the claims, those that come nearest to failing first.
"""

import hashlib
import json
import math
import os
import platform
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from ..data import images
from ..errors import CourseError
from . import cluster, recorded, runner
from .checks import HOLDS

DONE = runner.ROOT / "build" / "claims"
FILE = recorded.FOLDER / recorded.CLAIMS
PAGE = recorded.FOLDER / "claims.md"


def parse_seeds(text):
    """Seeds as in "100-119" or "3,5,100-111", in order. Raises CourseError for anything else."""
    seeds = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        last = last if dash else first
        if not first.isdecimal() or not last.isdecimal() or int(last) < int(first):
            raise CourseError(f"{text!r} names no seeds: give numbers and ranges, such as 100-119 or 100,105,110-112.")
        seeds |= set(range(int(first), int(last) + 1))
    return sorted(seeds)


def try_seeds(only=None, seeds=range(100, 120), profile="lecture", scheduler=None, say=print):
    """Executes notebooks with each of these seeds, except what is done. From lectures it writes the record and the page; in the smoke
    profile claims about training are not judged, and of the full one nothing is recorded.

    Two at a time on one thread each; or on the workers of the `dask.distributed` scheduler at that address, whose machines have a
    checkout of the project.
    """
    from distributed import as_completed

    chosen = runner.notebooks(only)
    runner.prepare_data(chosen, say)
    places = {(path, seed): place(path, profile, seed) for seed in seeds for path in chosen}
    todo = [task for task, where in places.items() if not where.is_file()]
    say(f"{len(places)} runs, of which {len(places) - len(todo)} are done")
    if todo:
        with cluster.client(scheduler) as client:
            running = {client.submit(tried, path.name, profile, seed, pure=False): (path, seed) for path, seed in todo}
            for done, future in enumerate(as_completed(running), 1):
                path, seed = running[future]
                found = future.result()
                keep(places[path, seed], found)
                say(f"[{done}/{len(todo)}] {path.stem}, seed {seed}: {runner.summary(runner.Outcome(**found['outcome']))}")
    if profile == "lecture":
        write()


def tried(name, profile, seed):
    """What came of a notebook with a seed: its outcome, what its checks found, and the machine."""
    import nbformat

    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["TQDM_DISABLE"] = "1"
    with TemporaryDirectory() as folder:
        target = Path(folder, name)
        outcome = runner.run_notebook(runner.NOTEBOOKS / name, target, {"PROFILE": profile, "SEED": seed, "DEVICE": "cpu"})
        found = runner.reports(nbformat.read(target, as_version=4)) if target.is_file() else []
    return {"outcome": vars(outcome), "reports": found, "machine": f"{platform.system()} {platform.machine()}"}


def place(path, profile, seed):
    """Where what came of a notebook with a seed is kept: beside others of the same code, on the same data sets or stand-ins."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\0".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    there = [name for name in images.SETS if images.find(name)]
    made_of = hashlib.sha256("\0".join([code, *there]).encode()).hexdigest()[:12]
    return DONE / profile / path.stem / made_of / f"{seed}.json"


def keep(where, found):
    """Writes a result, whole or not at all."""
    where.parent.mkdir(parents=True, exist_ok=True)
    half = where.with_suffix(".part")
    half.write_text(json.dumps(found), encoding="utf-8")
    half.replace(where)


def write():
    """Writes the record and the page from what was tried with the notebooks as they are. Those that were not keep their entries."""
    entries = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    for path in runner.notebooks():
        done = sorted(place(path, "lecture", 0).parent.glob("*.json"), key=lambda file: int(file.stem))
        if done:
            entries[path.stem] = entry({int(file.stem): json.loads(file.read_text(encoding="utf-8")) for file in done})
    entries = dict(sorted(entries.items()))
    FILE.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(entries), encoding="utf-8")


def entry(results):
    """The record of one notebook: its seeds, what went wrong, and of each claim what was found."""
    found = {}
    for seed, result in results.items():
        for report in result["reports"]:
            of_its_claim = found.setdefault((report["exercise"], report["claim"]), {})
            of_its_claim[seed] = worse(report, of_its_claim.get(seed, report))
    problems = {seed: result["outcome"]["problems"] for seed, result in results.items() if result["outcome"]["problems"]}
    return {
        "seeds": list(results),
        "problems": problems,
        "claims": [claim_of(*key, reports) for key, reports in found.items()],
    }


def claim_of(exercise, claim, reports):
    """What was found of one claim: for how many seeds it held, and, of a comparison, what was found for each and the bound."""
    held = sum(report["state"] == HOLDS for report in reports.values())
    kept = {"claim": claim, "exercise": exercise, "learned": any(r["learned"] for r in reports.values()), "held": held}
    measured = [report["measured"] for report in reports.values()]
    for wanted in ("at least", "at most"):
        if all(wanted in one for one in measured):
            bounds = [short(one[wanted]) for one in measured]
            kept |= {"found": [short(one["found"]) for one in measured], wanted: bounds[0] if len(set(bounds)) == 1 else bounds}
    return kept


def worse(report, other):
    """Of two reports on one claim in one run the one that failed, or came nearer to it."""
    one, two = (claim_of(None, "", {0: r}) for r in (report, other))
    return min((one["held"], *margins(one), report), (two["held"], *margins(two), other), key=lambda found: found[:-1])[-1]


def short(number):
    """A number to four significant digits."""
    return float(f"{number:.4g}")


def margins(claim):
    """How far what was found lies on the right side of the bound, for every seed; none of a claim that is no comparison."""
    wanted = next((wanted for wanted in ("at least", "at most") if wanted in claim), None)
    if wanted is None:
        return []
    bounds = claim[wanted] if isinstance(claim[wanted], list) else [claim[wanted]] * len(claim["found"])
    sign = 1 if wanted == "at least" else -1
    return [sign * (found - bound) for found, bound in zip(claim["found"], bounds)]


def deviations(claim):
    """The mean margin in standard deviations; infinite where every seed gives the same, or there is nothing to compare."""
    found = margins(claim)
    spread = statistics.stdev(found) if len(found) > 1 else 0.0
    return statistics.mean(found) / spread if spread else math.inf


def page(entries):
    """The table of all claims about training, and of whatever else did not always hold, in Markdown."""
    listed, others = [], 0
    for name, entry in entries.items():
        for claim in entry["claims"]:
            if claim["learned"] or claim["held"] < len(entry["seeds"]):
                row = (
                    f"| {name[:2]} | {in_cell(claim['claim'])} | {numbers(claim)} | {claim['held']} of {len(entry['seeds'])} |"
                )
                listed.append((deviations(claim), row))
            else:
                others += 1
    seeds = [f"| {name} | {len(entry['seeds'])} |" for name, entry in entries.items()]
    rows = [row for _, row in sorted(listed, key=lambda row: row[0])]
    return PAGE_TEXT.format(others=others, rows="\n".join(rows), seeds="\n".join(seeds))


def in_cell(words):
    """Words for a cell of a table in Markdown, which a bar would end."""
    return words.replace("|", "\\|")


def numbers(claim):
    """Bound, mean, standard deviation, worst and margin of a comparison, as cells of a table."""
    if not margins(claim):
        return "| | | |"
    wanted = "at least" if "at least" in claim else "at most"
    bound = statistics.median(claim[wanted]) if isinstance(claim[wanted], list) else claim[wanted]
    worst = (min if wanted == "at least" else max)(claim["found"])
    spread = statistics.stdev(claim["found"]) if len(claim["found"]) > 1 else 0.0
    mean = statistics.mean(claim["found"])
    return f"{wanted} {bound:.4g} | {mean:.4g} | {spread:.2g} | {worst:.4g} | {deviations(claim):.1f}"


PAGE_TEXT = """# What the notebooks claim, and for how many seeds it held

Every check of a notebook was tried with seeds that no reader uses, by `gan-edu claims`, in the lecture profile. Below are the claims
about what training achieves, those that come nearest to failing first: the bound, what was found over the seeds, and how many
standard deviations lie between the mean and the bound. A claim without numbers is no comparison. {others} further checks, of what can
be computed exactly or nearly so, held with every seed.

| notebook | claim | bound | mean | standard deviation | worst | margin, in standard deviations | held |
|---|---|---|---|---|---|---|---|
{rows}

| notebook | seeds |
|---|---|
{seeds}
"""
