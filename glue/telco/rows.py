"""Cuts an archived file into rows. What ingestion has accepted is strict UTF-8, and CSV by RFC 4180."""

import gzip
import io
import json
import re
from collections.abc import Iterator
from typing import IO, NamedTuple

# What JavaScript's trim takes for white space: a line of nothing else is no row.
_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_CELL = re.compile(r'"((?:[^"]|"")*)"|([^,]*)')
_ENDS = "\r\n"


class Row(NamedTuple):
    """A row: its line from 1, a code that was found while it was read, its text, and the JSON of a CSV record."""

    line: int
    given: str | None
    raw: str
    doc: str | None


def read_rows(stream: IO[bytes], is_gzip: bool, form: str) -> Iterator[Row]:
    """The rows of a file.

    :param form: `ndjson` or `csv`
    """
    plain = gzip.GzipFile(fileobj=stream) if is_gzip else stream
    # `newline=""` ends lines at LF, CR and CRLF alone, and leaves the ends where they are.
    lines = io.TextIOWrapper(io.BufferedReader(plain, 1 << 20), encoding="utf-8-sig", newline="")
    return csv_rows(lines) if form == "csv" else json_rows(lines)


def json_rows(lines: Iterator[str]) -> Iterator[Row]:
    """A row a line; lines of white space are none."""
    for number, line in enumerate(lines, 1):
        raw = line.rstrip(_ENDS)
        if raw.strip(_BLANKS) != "":
            yield Row(number, None, raw, raw)


def csv_rows(lines: Iterator[str]) -> Iterator[Row]:
    """A row a record, with the line on which it ends. An empty cell is no value."""
    header: list[str] | None = None
    for number, raw in _records(lines):
        cells = _cells(raw)
        if header is None:
            header = cells
        elif len(cells) != len(header):
            yield Row(number, "COLUMN_COUNT", raw, None)
        else:
            pairs = {name: cell or None for name, cell in zip(header, cells, strict=True)}
            yield Row(number, None, raw, json.dumps(pairs, ensure_ascii=False))


def _records(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Lines put together while a quote is open; empty lines between records are none."""
    parts: list[str] = []
    quotes = 0
    for number, line in enumerate(lines, 1):
        parts.append(line)
        quotes += line.count('"')
        if quotes % 2 == 1:
            continue
        raw = "".join(parts).rstrip(_ENDS)
        parts, quotes = [], 0
        if raw != "":
            yield number, raw


def _cells(raw: str) -> list[str]:
    cells: list[str] = []
    at = 0
    while True:
        match = _CELL.match(raw, at)
        assert match is not None
        cells.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        at = match.end() + 1
        if at > len(raw):
            return cells
