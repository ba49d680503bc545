"""Job B: marks duplicates and conflicts among the cleaned rows, adds evidence, and publishes what Snowflake loads."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from . import rendered
from .cleaned import read_columns
from .drafts import Drafts
from .errors import JobError
from .job import Job
from .manifest import Entry, is_of_run, read_manifest, swap
from .neighbours import load_neighbour

_NAME = re.compile(r"[^/]*([0-9a-f]{16})(?:-again([0-9]+))?\.parquet$")


def stage(job: Job) -> None:
    """Stages every cleaned file that was not staged yet, or days again, and swaps the manifest last."""
    known = read_manifest(job.lake, "staging")
    cleaned = [{**entry, "revision": entry.get("revision") or 1} for entry in read_manifest(job.lake, "clean").files]
    files = find_files(job, cleaned, known.files)
    added: list[Entry] = []
    for dataset in rendered.load()["datasets"]:
        of_dataset = [file for file in files if file["dataset"] == dataset]
        if of_dataset:
            added += stage_dataset(job, dataset, of_dataset, cleaned, pass_of(known.files, of_dataset))
    if added:
        swap(job.lake, known, remaining(known.files, added) + added)
    job.tell("staged", files=len(files), rows=sum(entry["rows"] for entry in added))


def find_files(job: Job, cleaned: list[Entry], known: list[Entry]) -> list[Entry]:
    """The cleaned files to be staged."""
    sources = [(source["file"], entry["path"]) for entry in known for source in entry["sources"]]
    done = {file for file, _ in sources}
    if job.arguments.is_backfill:
        # What a run of this name has published already is not done again.
        done = {file for file, path in sources if is_of_run(path, job.arguments.run)}
    is_asked = job.arguments.has if job.arguments.is_backfill else lambda _: True
    return [file for file in cleaned if file["file"] not in done and is_asked(file["date"])]


def pass_of(known: list[Entry], files: list[Entry]) -> int:
    """How often files were staged before: 0 for the first time."""
    names = {file["file"] for file in files}
    passes = [
        _pass(entry["path"]) + 1 for entry in known if any(source["file"] in names for source in entry["sources"])
    ]
    return max([0, *passes])


def _pass(path: str) -> int:
    match = _NAME.search(path)
    return int(match[2] or 0) if match else 0


def unversioned(path: str) -> str:
    """A staged file's path without the run and the pass that wrote it: by what it was made of."""
    return _NAME.sub(r"\1.parquet", path)


def remaining(known: list[Entry], added: list[Entry]) -> list[Entry]:
    """The staged files of before that are not of what was staged anew."""
    bases = {unversioned(entry["path"]) for entry in added}
    again = {source["file"] for entry in added for source in entry["sources"]}
    return [
        entry
        for entry in known
        if unversioned(entry["path"]) not in bases and not any(source["file"] in again for source in entry["sources"])
    ]


@dataclass(frozen=True)
class Unit:
    """What becomes one staged file: a snapshot is a file of its own, the logs of a day add up."""

    date: str
    sources: list[Entry]

    @property
    def hash(self) -> str:
        return hashlib.sha256(",".join(file["sha256"] for file in self.sources).encode()).hexdigest()[:16]


def units_of(files: list[Entry], is_snapshot: bool) -> list[Unit]:
    """The staged files that cleaned files become."""
    if is_snapshot:
        return [Unit(file["date"], [file]) for file in files]
    days = sorted({file["date"] for file in files})
    return [Unit(day, [file for file in files if file["date"] == day]) for day in days]


def stage_dataset(job: Job, dataset: str, files: list[Entry], cleaned: list[Entry], nth: int) -> list[Entry]:
    """Stages some cleaned files of a dataset. Returns the entries of what was made."""
    sql = rendered.load()["stage"][dataset]
    marked = _mark(job, sql, files)
    try:
        load_neighbour(job, sql.get("neighbour"), cleaned)
        counts = _source_counts(job, files)
        units = units_of(files, sql["isSnapshot"])
        staged: list[Entry] = []
        for output in sql["outputs"]:
            staged += _publish(job, output, units, counts, nth)
    finally:
        marked.unpersist()
    main = sum(entry["rows"] for entry in staged if entry["folder"] == dataset)
    kept = sum(count["good"] for count in counts.values())
    if main != kept:
        raise JobError(f"{kept} rows went in and {main} came out", f"staging/{dataset}/", "a join fanned out: report it")
    for count in counts.values():
        job.tell("file", **count)
    return staged


def _mark(job: Job, sql: dict[str, Any], files: list[Entry]) -> DataFrame:
    """Makes the tables `revisions`, `input`, `bad_rows` and `marked`."""
    lake, spark = job.lake, job.spark
    revisions = [(file["file"], file["revision"]) for file in files]
    spark.createDataFrame(revisions, "source_file string, revision bigint").createOrReplaceTempView("revisions")
    good = [lake.uri(file["goodPath"]) for file in files if file["goodPath"]]
    read_columns(spark, good, sql["columns"]).createOrReplaceTempView("good_rows")
    spark.sql(sql["input"]).createOrReplaceTempView("input")
    bad = [lake.uri(file["badPath"]) for file in files if file["badPath"]]
    if bad:
        spark.read.parquet(*bad).createOrReplaceTempView("bad_files")
    spark.sql(sql["badRows"] if bad else sql["noBadRows"]).createOrReplaceTempView("bad_rows")
    marked = spark.sql(sql["marked"]).persist()
    marked.createOrReplaceTempView("marked")
    return marked


def _source_counts(job: Job, files: list[Entry]) -> dict[str, Entry]:
    """What became of each file's rows: received = good + bad + duplicate + conflict."""
    marks = {row["source_file"]: row for row in job.spark.sql(rendered.load()["countMarks"]).collect()}
    counts: dict[str, Entry] = {}
    for file in files:
        row = marks.get(file["file"])
        own = {name: row[name] if row else 0 for name in ("good", "duplicate", "conflict")}
        counts[file["file"]] = {"file": file["file"], "received": file["received"], "bad": file["bad"], **own}
    return counts


def _publish(job: Job, output: Entry, units: list[Unit], counts: dict[str, Entry], nth: int) -> list[Entry]:
    """Writes the rows of a folder, a file a unit. Its name comes from what it was made of and from the run."""
    folder, is_main, rows = output["folder"], output["isMain"], job.spark.sql(output["sql"])
    numbers = [(file["file"], number) for number, unit in enumerate(units) for file in unit.sources]
    of_unit = job.spark.createDataFrame(numbers, "source_file string, file int")
    numbered = rows.join(of_unit, "source_file").select(*rows.columns, "file")
    drafts = Drafts(job.spark, job.lake, f"staging/{folder}/", job.arguments.run)
    order = [name for name in ("source_file", "source_line", "customer_id", "reason") if name in rows.columns]
    written = drafts.write(numbered, order)
    row_counts = drafts.count() if written else {}
    wanted = [number for number in range(len(units)) if is_main or number in written]
    paths = {number: _path(job, folder, units[number], nth) for number in wanted}
    keys = {f"staging/{paths[n]}": written.get(n) or drafts.write_empty(numbered, n) for n in wanted}
    measured = drafts.measure(keys)
    drafts.publish(keys)
    return [
        {
            "path": paths[number],
            "rows": row_counts.get(number, 0),
            "bytes": measured[f"staging/{paths[number]}"][0],
            "sha256": measured[f"staging/{paths[number]}"][1],
            "folder": folder,
            "date": units[number].date,
            "sources": [counts[file["file"]] for file in units[number].sources] if is_main else [],
        }
        for number in wanted
    ]


def _path(job: Job, folder: str, unit: Unit, nth: int) -> str:
    again = f"-again{nth}" if nth > 0 else ""
    return f"{folder}/d={unit.date}/{job.arguments.run}-{unit.hash}{again}.parquet"
