"""What was archived: by the marks of what has arrived, or day by day. A sidecar says that its file is whole."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from .lake import Lake


@dataclass(frozen=True)
class Archived:
    """An archived file. `revision` is its place, from 1, among the files of its dataset and day, as they were accepted."""

    dataset: str
    date: str
    sha256: str
    file: str
    revision: int
    source: str
    rows: int


def marked_days(marks: list[str]) -> list[tuple[str, str]]:
    """The datasets and days that marks name: `arrivals/<dataset>/<date>/<name>`."""
    return sorted({(dataset, date) for _, dataset, date, _ in (mark.split("/") for mark in marks)})


def all_days(lake: Lake, datasets: list[str], wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Every dataset and day of the archive that is wanted, by the names of its folders."""
    return [(dataset, date) for dataset in datasets for date in lake.folders(f"archive/{dataset}/") if wanted(date)]


def archived_on(lake: Lake, dataset: str, date: str, is_wanted: Callable[[str], bool]) -> list[Archived]:
    """The wanted files of one day, in the order in which they were accepted.

    :param is_wanted: by its key; where no file of the day is wanted, no sidecar is read
    """
    prefix = f"archive/{dataset}/{date}/"
    names = [key[len(prefix) :] for key in lake.keys(prefix)]
    stems = {name.removesuffix(".json") for name in names if name.endswith(".json")}
    files = {name.partition(".")[0]: prefix + name for name in names if not name.endswith(".json")}
    whole = {stem: files[stem] for stem in sorted(stems) if stem in files}
    if not any(map(is_wanted, whole.values())):
        return []
    sidecars = {stem: json.loads(lake.read(f"{prefix}{stem}.json").content or b"{}") for stem in whole}
    placed = sorted(whole, key=lambda stem: (sidecars[stem].get("accepted") or 1, stem))
    return [
        Archived(dataset, date, stem, whole[stem], at, sidecars[stem]["source"], sidecars[stem]["rows"])
        for at, stem in enumerate(placed, 1)
        if is_wanted(whole[stem])
    ]
