"""Reads cleaned files, which may have been written by other versions of their contract."""

from functools import reduce

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col, lit


def read_columns(spark: SparkSession, uris: list[str], columns: list[dict[str, str]]) -> DataFrame:
    """The rows of these files in these columns; one that a file lacks is NULL there. Types are the files' own.

    :param columns: names and types, by which what no file has is typed
    """
    if not uris:
        fields = ", ".join(f"`{column['name']}` {column['type']}" for column in columns)
        return spark.createDataFrame([], fields)
    try:
        return _select(spark.read.option("mergeSchema", "true").parquet(*uris), columns)
    except (PySparkException, Py4JJavaError):
        # A column's type has changed: files of one schema are read together, and their values meet as texts.
        return _by_schema(spark, uris, columns)


def _select(rows: DataFrame, columns: list[dict[str, str]], as_text: bool = False) -> DataFrame:
    def value(column: dict[str, str]):
        name = column["name"]
        found = col(f"`{name}`") if name in rows.columns else lit(None).cast(column["type"])
        return (found.cast("string") if as_text else found).alias(name)

    return rows.select(*map(value, columns))


def _by_schema(spark: SparkSession, uris: list[str], columns: list[dict[str, str]]) -> DataFrame:
    by_schema: dict[str, list[str]] = {}
    for uri in uris:
        by_schema.setdefault(spark.read.parquet(uri).schema.json(), []).append(uri)
    groups = [_select(spark.read.parquet(*group), columns, as_text=True) for group in by_schema.values()]
    return reduce(DataFrame.union, groups)
