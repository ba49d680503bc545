"""What a dataset's rows are joined with when they are staged: only those snapshots that their days need."""

from typing import Any

from .cleaned import read_columns
from .job import Job
from .manifest import Entry


def load_neighbour(job: Job, neighbour: dict[str, Any] | None, cleaned: list[Entry]) -> None:
    """Makes the table of days and their snapshots, and that of the snapshots' rows."""
    if neighbour is None:
        return
    spark = job.spark
    days = [str(row["day"]) for row in spark.sql(neighbour["days"]).collect() if row["day"] is not None]
    found = snapshots_of(days, believed(cleaned, neighbour["dataset"]))
    pairs = [(day, snapshot["date"]) for day, snapshot in found.items()]
    names = neighbour["map"]
    mapped = spark.createDataFrame(pairs, "day string, snapshot string").selectExpr(
        f"cast(day as date) as {names['day']}", f"cast(snapshot as date) as {names['snapshot']}"
    )
    mapped.createOrReplaceTempView(names["table"])
    used = {snapshot["goodPath"] for snapshot in found.values()}
    columns = [{"name": name, "type": "string"} for name in [*neighbour["columns"], "row_hash"]]
    rows = read_columns(
        spark, [job.lake.uri(path) for path in sorted(used)], [*columns, {"name": "business_date", "type": "date"}]
    )
    rows.createOrReplaceTempView("neighbour_files")
    spark.sql(neighbour["rows"]).createOrReplaceTempView(neighbour["table"])


def believed(cleaned: list[Entry], dataset: str) -> list[Entry]:
    """The file that each day is known by: its highest revision with a usable row. By day."""
    days: dict[str, Entry] = {}
    for file in cleaned:
        if file["dataset"] != dataset or file["goodPath"] is None:
            continue
        other = days.get(file["date"])
        if other is None or other["revision"] < file["revision"]:
            days[file["date"]] = file
    return [days[date] for date in sorted(days)]


def snapshots_of(days: list[str], known: list[Entry]) -> dict[str, Entry]:
    """The newest snapshot at or before each day, else the first there is."""
    if not known:
        return {}
    return {day: max((s for s in known if s["date"] <= day), key=lambda s: s["date"], default=known[0]) for day in days}
