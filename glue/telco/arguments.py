"""The arguments of both jobs."""

import argparse
import re
from dataclasses import dataclass
from typing import NoReturn

from .errors import JobError

FIRST, LAST = "0001-01-01", "9999-12-31"


@dataclass(frozen=True)
class Arguments:
    """What a run is asked to do. Days are business dates, both ends included."""

    lake: str
    mode: str
    first: str
    last: str
    run: str
    bad_share: float
    endpoint: str | None

    @property
    def is_backfill(self) -> bool:
        return self.mode == "backfill"

    def has(self, date: str) -> bool:
        """Whether a day is one of those asked for."""
        return self.first <= date <= self.last


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise JobError(f"the arguments are wrong: {message}", "arguments", "see glue/README.md")


def read_arguments(argv: list[str]) -> Arguments:
    """Reads the arguments; those that Glue adds for itself are left alone. Raises JobError for one that is wrong."""
    parser = _Parser(allow_abbrev=False)
    parser.add_argument("--lake", required=True)
    parser.add_argument("--mode", default="run")
    parser.add_argument("--from", dest="first", default=FIRST)
    parser.add_argument("--to", dest="last", default=LAST)
    parser.add_argument("--run", required=True)
    parser.add_argument("--bad-share", type=float, default=0.5)
    parser.add_argument("--endpoint")
    known, _ = parser.parse_known_args(argv)
    arguments = Arguments(**vars(known))
    _check(arguments)
    return arguments


def _check(arguments: Arguments) -> None:
    def refuse(name: str, wanted: str) -> JobError:
        return JobError(f"--{name} must be {wanted}", "arguments", "correct it and start the run again")

    if arguments.mode not in ("run", "backfill"):
        raise refuse("mode", "run or backfill")
    for name, date in (("from", arguments.first), ("to", arguments.last)):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", date) is None:
            raise refuse(name, "a day as YYYY-MM-DD")
    # It becomes a part of keys.
    if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", arguments.run) is None:
        raise refuse("run", "a name of letters, digits, - and _")
    if not 0 <= arguments.bad_share <= 1:
        raise refuse("bad-share", "a share from 0 to 1")
