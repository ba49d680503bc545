"""Writes rows as Parquet files, one for each number of a column `file`, under names that say of what they were made.

Spark chooses its files' names itself, so it writes drafts, and these get their names afterwards. Drafts lie where the bucket
lets files expire, should a run die.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import DataFrame, SparkSession

from .errors import JobError
from .lake import Lake

_AT_ONCE = 8


class Drafts:
    """Drafts of one run below one folder of the lake, such as `clean/bad/customers/`."""

    def __init__(self, spark: SparkSession, lake: Lake, folder: str, run: str) -> None:
        self.spark, self.lake = spark, lake
        self.folder = f"{folder}drafts/{run}/"
        self.prefix = f"{self.folder}rows/"
        # What a run of the same name has left.
        lake.remove_below(self.folder)

    def write(self, rows: DataFrame, order: list[str]) -> dict[int, str]:
        """Writes rows by their column `file`, each file's in this order. Returns the drafts' keys."""
        sorted_rows = rows.repartition("file").sortWithinPartitions("file", *order)
        writer = sorted_rows.write.mode("overwrite").partitionBy("file").option("compression", "zstd")
        writer.parquet(self.lake.uri(self.prefix))
        found: dict[int, str] = {}
        for key in self._parquet(self.prefix):
            number = int(key[len(self.prefix) :].split("/")[0].removeprefix("file="))
            if number in found:
                raise JobError("one file's rows were written into two", key, "this is a defect of the job: report it")
            found[number] = key
        return found

    def write_empty(self, rows: DataFrame, number: int) -> str:
        """Writes a file of these columns without rows. Returns its key."""
        prefix = f"{self.folder}empty-{number}/"
        nothing = self.spark.createDataFrame([], rows.drop("file").schema).coalesce(1)
        nothing.write.mode("overwrite").option("compression", "zstd").parquet(self.lake.uri(prefix))
        return self._parquet(prefix)[0]

    def count(self) -> dict[int, int]:
        """How many rows each draft has, as they are read back."""
        counted = self.spark.read.parquet(self.lake.uri(self.prefix)).groupBy("file").count().collect()
        return {int(row["file"]): row["count"] for row in counted}

    def publish(self, drafts: dict[str, str]) -> None:
        """Gives drafts their names.

        :param drafts: keys of drafts by the keys that they get
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self.lake.move, drafts.values(), drafts))
        self.lake.remove_below(self.folder)

    def measure(self, drafts: dict[str, str]) -> dict[str, tuple[int, str]]:
        """The size in bytes and the SHA-256 of each draft, for a load to compare; by the keys that drafts get."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(drafts, pool.map(self._measure, drafts.values()), strict=True))

    def _measure(self, draft: str) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        with self.lake.open(draft) as stream:
            while chunk := stream.read(1 << 20):
                size += len(chunk)
                digest.update(chunk)
        return size, digest.hexdigest()

    def _parquet(self, prefix: str) -> list[str]:
        names = ((key, key.rpartition("/")[2]) for key in self.lake.keys(prefix))
        return [key for key, name in names if name.startswith("part-") and name.endswith(".parquet")]
