"""The manifests of clean/ and staging/, in the shape that pipeline/lake.ts gives them."""

import json
from dataclasses import dataclass
from typing import Any

from .errors import JobError
from .lake import Lake, Version

Entry = dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    """What a manifest lists, and which version of it was read: only that one may be replaced."""

    stage: str
    files: list[Entry]
    version: Version

    @property
    def key(self) -> str:
        return f"{self.stage}/manifest.json"


def read_manifest(lake: Lake, stage: str) -> Manifest:
    """Reads a manifest; a lake without one has no files of that stage."""
    key = f"{stage}/manifest.json"
    version = lake.read(key)
    if version.content is None:
        return Manifest(stage, [], version)
    try:
        files = json.loads(version.content)["files"]
    except (ValueError, KeyError, TypeError):
        raise JobError("this manifest is no list of files", key, "restore its last good version") from None
    return Manifest(stage, files, version)


def swap(lake: Lake, manifest: Manifest, files: list[Entry]) -> None:
    """Replaces a manifest as a whole. Raises JobError where another run was faster."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in files)
    lake.replace(manifest.key, f'{{"files": [\n{lines}\n]}}\n'.encode(), manifest.version)


def merged(known: list[Entry], added: list[Entry]) -> list[Entry]:
    """Cleaned files with these in their old places, and new ones at the end: the order tells what came first."""
    newer = {entry["file"]: entry for entry in added}
    before = {entry["file"] for entry in known}
    return [newer.get(entry["file"], entry) for entry in known] + [e for e in added if e["file"] not in before]


def is_of_run(path: str | None, run: str) -> bool:
    """Whether a file was written by a run of this name."""
    return path is not None and path.rpartition("/")[2].startswith(f"{run}-")
