"""What both jobs do around their work: arguments, session, log."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from .arguments import Arguments, read_arguments
from .lake import BucketLake, Lake, client, open_lake
from .session import open_session

_NAMESPACE = "TelcoCustomer360"


@dataclass(frozen=True)
class Job:
    """What a job's work is given."""

    spark: SparkSession
    lake: Lake
    arguments: Arguments

    def tell(self, event: str, **facts: Any) -> None:
        """Writes one line of the log. Facts are names, counts and codes, never values of rows."""
        print(json.dumps({"event": event, "run": self.arguments.run, **facts}), flush=True)

    def measure(self, **counts: int) -> None:
        """Puts metrics, where there is somebody to take them. What is published stays, should that fail."""
        if not isinstance(self.lake, BucketLake):
            return
        data = [{"MetricName": name, "Value": count, "Unit": "Count"} for name, count in counts.items()]
        try:
            client("cloudwatch", self.lake.endpoint).put_metric_data(Namespace=_NAMESPACE, MetricData=data)
        except Exception as error:  # noqa: BLE001
            self.tell("metrics failed", error=type(error).__name__)


def run_job(name: str, work: Callable[[Job], None], argv: list[str]) -> None:
    """Runs a job. Its error is the process's, so that Glue shows it."""
    arguments = read_arguments(argv)
    spark = open_session(f"telco-{name}", arguments.endpoint)
    job = Job(spark, open_lake(arguments.lake, arguments.endpoint), arguments)
    job.tell(f"{name} started", mode=arguments.mode, first=arguments.first, last=arguments.last)
    try:
        work(job)
    except Exception as error:
        # Only its kind: what engines say may hold values of rows.
        job.tell(f"{name} failed", error=type(error).__name__)
        raise
    job.tell(f"{name} finished")
    sys.stdout.flush()
