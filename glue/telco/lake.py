"""The lake: a bucket, or a folder that stands for one. Keys have forward slashes.

Instances are handed to Spark's workers, so they hold names and no clients.
"""

import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from .errors import JobError


@dataclass(frozen=True)
class Version:
    """An object as it was read, and what tells it from every other content of its key; None where there was none."""

    content: bytes | None
    tag: str | None


def lost(key: str) -> JobError:
    """Another run has replaced an object since it was read."""
    return JobError(
        "another run has replaced this in the meantime; nothing of this run was published",
        key,
        "start the run again: it takes what is left",
    )


class FolderLake:
    """A lake in a folder of this machine."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)

    def uri(self, key: str) -> str:
        """What Spark calls an object or a prefix."""
        return f"file://{self._path(key)}"

    def open(self, key: str) -> IO[bytes]:
        return open(self._path(key), "rb")

    def read(self, key: str) -> Version:
        path = self._path(key)
        if not path.exists():
            return Version(None, None)
        content = path.read_bytes()
        return Version(content, hashlib.sha256(content).hexdigest())

    def replace(self, key: str, content: bytes, before: Version) -> None:
        """Writes an object as a whole if it still is what was read before. Raises JobError where it is not."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        draft.write_bytes(content)
        if self.read(key).tag != before.tag:
            draft.unlink()
            raise lost(key)
        draft.replace(path)

    def keys(self, prefix: str) -> list[str]:
        """Keys below a prefix that ends with a slash, sorted."""
        folder = self._path(prefix)
        files = (path for path in folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    def folders(self, prefix: str) -> list[str]:
        """Names of the folders right below a prefix, sorted."""
        folder = self._path(prefix)
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []

    def arrivals(self) -> list[str] | None:
        """What ingestion has marked as arrived. A folder has no marks: here a listing costs nothing."""
        return None

    def forget(self, marks: list[str]) -> None:
        """Takes marks away."""

    def move(self, key: str, to: str) -> None:
        """Gives an object its name; a reader never sees half of it."""
        target = self._path(to)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._path(key).replace(target)

    def remove_below(self, prefix: str) -> None:
        shutil.rmtree(self._path(prefix), ignore_errors=True)

    def _path(self, key: str) -> Path:
        return Path(self.root, key)


@lru_cache(maxsize=4)
def client(service: str, endpoint: str | None) -> Any:
    """A client of AWS, one a process."""
    import boto3
    from botocore.config import Config

    return boto3.client(service, endpoint_url=endpoint, config=Config(retries={"mode": "standard", "max_attempts": 6}))


class _Body(io.RawIOBase):
    """The bytes of an object as a file: the client's own closes itself at its end, and is then none to readers."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


class BucketLake:
    """A lake in a bucket of S3."""

    def __init__(self, bucket: str, endpoint: str | None) -> None:
        self.bucket, self.endpoint = bucket, endpoint

    def uri(self, key: str) -> str:
        # Glue has its own file system for s3://, and plain Spark has s3a://.
        return f"{'s3' if self.endpoint is None else 's3a'}://{self.bucket}/{key}"

    def open(self, key: str) -> IO[bytes]:
        return _Body(self._s3.get_object(Bucket=self.bucket, Key=key)["Body"])

    def read(self, key: str) -> Version:
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
        except self._s3.exceptions.NoSuchKey:
            return Version(None, None)
        return Version(answer["Body"].read(), answer["ETag"])

    def replace(self, key: str, content: bytes, before: Version) -> None:
        from botocore.exceptions import ClientError

        condition = {"IfNoneMatch": "*"} if before.tag is None else {"IfMatch": before.tag}
        try:
            self._s3.put_object(
                Bucket=self.bucket, Key=key, Body=content, ContentType="application/json", **condition
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
                raise lost(f"s3://{self.bucket}/{key}") from None
            raise

    def keys(self, prefix: str) -> list[str]:
        return [item["Key"] for page in self._pages(prefix) for item in page.get("Contents", [])]

    def folders(self, prefix: str) -> list[str]:
        pages = self._pages(prefix, Delimiter="/")
        return [item["Prefix"][len(prefix) : -1] for page in pages for item in page.get("CommonPrefixes", [])]

    def arrivals(self) -> list[str] | None:
        return self.keys("arrivals/")

    def forget(self, marks: list[str]) -> None:
        for mark in marks:
            self._s3.delete_object(Bucket=self.bucket, Key=mark)

    def move(self, key: str, to: str) -> None:
        # boto3 copies in one request what is smaller than 8 MB, and in parts what is larger.
        self._s3.copy({"Bucket": self.bucket, "Key": key}, self.bucket, to)
        self._s3.delete_object(Bucket=self.bucket, Key=key)

    def remove_below(self, prefix: str) -> None:
        for key in self.keys(prefix):
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    def _pages(self, prefix: str, **options: str) -> Iterator[dict[str, Any]]:
        paginator = self._s3.get_paginator("list_objects_v2")
        return paginator.paginate(Bucket=self.bucket, Prefix=prefix, **options)

    @property
    def _s3(self) -> Any:
        return client("s3", self.endpoint)


Lake = FolderLake | BucketLake


def open_lake(place: str, endpoint: str | None) -> Lake:
    """Opens `s3://bucket` or a folder."""
    if place.startswith("s3://"):
        return BucketLake(place.removeprefix("s3://").rstrip("/"), endpoint)
    return FolderLake(place)
