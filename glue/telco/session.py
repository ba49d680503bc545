"""The Spark session of a job."""

import os

from pyspark.sql import SparkSession
from pyspark.sql.types import BooleanType, MapType, StringType, StructField, StructType

from .documents import read_document

_TEXTS = MapType(StringType(), StringType())
_DOCUMENT = StructType(
    [
        StructField("flaw", StringType()),
        StructField("has_twice", BooleanType()),
        StructField("texts", _TEXTS),
        StructField("kinds", _TEXTS),
        StructField("jsons", _TEXTS),
        StructField("normals", _TEXTS),
        StructField("extra", StringType()),
    ]
)

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # A cast that cannot be made is an error, as it is in DuckDB, and never a silent NULL.
    "spark.sql.ansi.enabled": "true",
    # Days before 1582 are written as they are, and times are times of UTC without a zone.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    # The column `file` is a number and is read back as one.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "true",
}


def open_session(name: str, endpoint: str | None) -> SparkSession:
    """Opens the session, in Glue the one that is there."""
    builder = SparkSession.builder.appName(name)
    if endpoint is not None:
        for key, value in _emulator(endpoint).items():
            builder = builder.config(key, value)
    spark = builder.getOrCreate()
    for key, value in _SETTINGS.items():
        spark.conf.set(key, value)
    # Not deterministic, so that the optimizer asks for each document once.
    spark.udf.register("telco_document", _document().asNondeterministic())
    return spark


def _document():
    from pyspark.sql.functions import udf

    return udf(read_document, _DOCUMENT)


def _emulator(endpoint: str) -> dict[str, str]:
    """Settings of Hadoop's own file system for a server that stands for S3."""
    return {
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https:")).lower(),
        "spark.hadoop.fs.s3a.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    }
