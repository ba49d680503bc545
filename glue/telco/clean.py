"""Job A: judges the rows of every archived file that was not cleaned yet, and publishes good and bad ones by file."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pyspark.sql import DataFrame

from . import rendered
from .archive import Archived, all_days, archived_on, marked_days
from .drafts import Drafts
from .errors import JobError
from .job import Job
from .lake import Lake
from .manifest import Entry, Manifest, is_of_run, merged, read_manifest, swap
from .rows import read_rows

# Files that one Spark job cleans together.
_BATCH = 200
# Rows of one task: a file is read by one, and judged by as many as it needs.
_ROWS_OF_TASK = 250_000
_LINES = "file int, day date, line bigint, given string, raw string, doc string"


def clean(job: Job) -> None:
    """Cleans what is new, or days again, and swaps the manifest last."""
    known = read_manifest(job.lake, "clean")
    files, marks = find_files(job, known)
    added: list[Entry] = []
    for dataset in rendered.load()["datasets"]:
        of_dataset = [file for file in files if file.dataset == dataset]
        for at in range(0, len(of_dataset), _BATCH):
            added += clean_batch(job, dataset, of_dataset[at : at + _BATCH])
    listed = merged(known.files, added)
    if added:
        swap(job.lake, known, listed)
    # Only now: what a run that died had not published is still marked for the next.
    job.lake.forget(done_with(marks, listed))
    job.tell("cleaned", files=len(added), received=_sum(added, "received"), bad=_sum(added, "bad"))
    if added:
        job.measure(RowsReceived=_sum(added, "received"), RowsBad=_sum(added, "bad"))


def _sum(entries: list[Entry], name: str) -> int:
    return sum(entry[name] for entry in entries)


def find_files(job: Job, known: Manifest) -> tuple[list[Archived], list[str]]:
    """The files to be cleaned, by day, and the marks of the days in which they arrived."""
    lake, arguments = job.lake, job.arguments
    paths = {entry["file"]: entry["goodPath"] or entry["badPath"] for entry in known.files}
    # What a run of this name has published already is not done again in a backfill either.
    done = {file for file, path in paths.items() if not arguments.is_backfill or is_of_run(path, arguments.run)}
    marks = None if arguments.is_backfill else lake.arrivals()
    if marks is None:
        days = all_days(lake, rendered.load()["datasets"], arguments.has)
        if arguments.is_backfill and not days:
            raise JobError(
                f"the archive has no file from {arguments.first} to {arguments.last}",
                "archive/",
                "name days that were delivered",
            )
    else:
        days = [day for day in marked_days(marks) if arguments.has(day[1])]
    found = [file for dataset, date in days for file in archived_on(lake, dataset, date, lambda key: key not in done)]
    return sorted(found, key=lambda file: (file.date, file.dataset, file.revision)), marks or []


def done_with(marks: list[str], files: list[Entry]) -> list[str]:
    """The marks of files that are listed. That of a file which is not whole yet stays for a later run."""
    listed = {entry["file"] for entry in files}
    return [mark for mark in marks if f"archive/{mark.removeprefix('arrivals/')}" in listed]


def clean_batch(job: Job, dataset: str, files: list[Archived]) -> list[Entry]:
    """Cleans some files of a dataset. Returns their entries; raises JobError for one that is mostly bad."""
    sql = rendered.load()["clean"][dataset]
    lines = read_lines(job, files, sql["format"])
    lines.createOrReplaceTempView("lines")
    judged = job.spark.sql(sql["judged"]).persist()
    judged.createOrReplaceTempView("judged")
    try:
        counts = _counts(judged, len(files))
        for file, (received, bad) in zip(files, counts, strict=True):
            _check(file, received, bad, job.arguments.bad_share)
        paths = [
            _publish(job, files, job.spark.sql(sql[kind]), prefix, line)
            for kind, prefix, line in (
                ("good", f"clean/{dataset}/", "source_line"),
                ("bad", f"clean/bad/{dataset}/", "line"),
            )
        ]
    finally:
        judged.unpersist()
    return [_entry(job, at, file, counts[at], paths) for at, file in enumerate(files)]


def read_lines(job: Job, files: list[Archived], form: str) -> DataFrame:
    """The rows of files with their numbers, a file a task; those of large files are spread afterwards."""
    lake = job.lake
    wanted = [(number, file.file, file.date) for number, file in enumerate(files)]
    context = job.spark.sparkContext
    rows = context.parallelize(wanted, len(wanted)).flatMap(lambda each: _rows_of(lake, form, *each))
    lines = job.spark.createDataFrame(rows, _LINES, verifySchema=False)
    tasks = -(-sum(file.rows for file in files) // _ROWS_OF_TASK)
    return lines.repartition(tasks) if tasks > len(files) else lines


def _rows_of(lake: Lake, form: str, number: int, key: str, date: str) -> Iterator[tuple[Any, ...]]:
    from datetime import date as day_of

    day = day_of.fromisoformat(date)
    with lake.open(key) as stream:
        for row in read_rows(stream, key.endswith(".gz"), form):
            yield number, day, row.line, row.given, row.raw, row.doc


def _counts(judged: DataFrame, files: int) -> list[tuple[int, int]]:
    """Rows that came and bad ones, by the number of the file."""
    counted = judged.groupBy("file").agg({"*": "count", "fault": "count"}).collect()
    by_number = {row["file"]: (row["count(1)"], row["count(fault)"]) for row in counted}
    return [by_number.get(number, (0, 0)) for number in range(files)]


def _check(file: Archived, received: int, bad: int, bad_share: float) -> None:
    """A file that is mostly bad is somebody's mistake."""
    if bad > received * bad_share:
        raise JobError(
            f"{bad} of {received} rows of {file.source} are bad, more than {bad_share * 100:g} %; nothing of it was published",
            file.file,
            "ask its owner for a correct file, or raise --bad-share",
        )


def _publish(job: Job, files: list[Archived], rows: DataFrame, prefix: str, line: str) -> dict[int, tuple[str, int]]:
    """Writes rows by file. Returns each file's path and how many rows it has."""
    from pyspark.sql.functions import array, element_at, lit

    names = array(*[lit(file.file) for file in files])
    days = array(*[lit(file.date) for file in files])
    origin = rows.withColumn("source_file", element_at(names, rows["file"] + 1)).withColumn(
        "business_date", element_at(days, rows["file"] + 1).cast("date")
    )
    drafts = Drafts(job.spark, job.lake, prefix, job.arguments.run)
    written = drafts.write(origin, [line])
    counts = drafts.count() if written else {}
    paths = {
        number: f"{prefix}d={files[number].date}/{job.arguments.run}-{files[number].sha256[:16]}.parquet"
        for number in written
    }
    drafts.publish({paths[number]: draft for number, draft in written.items()})
    return {number: (paths[number], counts[number]) for number in written}


def _entry(
    job: Job, at: int, file: Archived, counts: tuple[int, int], paths: list[dict[int, tuple[str, int]]]
) -> Entry:
    """A file's entry in the manifest. Raises JobError where rows were lost on the way."""
    (good_path, good), (bad_path, bad) = (each.get(at, (None, 0)) for each in paths)
    received = counts[0]
    if good + bad != received:
        raise JobError(
            f"{received} rows came and {good} + {bad} were written", file.file, "this is a defect of the job: report it"
        )
    job.tell("file", file=file.file, source=file.source, received=received, good=good, bad=bad)
    facts = {name: value for name, value in asdict(file).items() if name not in ("source", "rows")}
    return {
        **facts,
        "received": received,
        "good": good,
        "bad": bad,
        "goodPath": good_path,
        "badPath": bad_path,
        "source": file.source,
    }
