"""Runs jobs of glue/ one after the other in one Spark session: a line of JSON in, `{"job", "argv"}`, and a line out."""

import contextlib
import io
import json
import os
import sys

from telco.clean import clean
from telco.documents import read_document
from telco.job import run_job
from telco.session import open_session
from telco.stage import stage

WORK = {"clean": clean, "stage": stage}


def crash(job):
    """A job whose manifest is never swapped: what it wrote is there, and nobody is told."""

    def refuse(*_):
        raise RuntimeError("crashed")

    job.lake.replace = refuse


def interpret(is_wanted):
    """Has Spark interpret its plans. It gives the same rows, and compiling them is most of the work of a job on few rows."""
    spark.conf.set("spark.sql.codegen.wholeStage", str(not is_wanted).lower())
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN" if is_wanted else "FALLBACK")


def answer(asked):
    if "documents" in asked:
        return {"documents": [read_document(*each) for each in asked["documents"]]}
    work = WORK[asked["job"]]
    interpret(not asked.get("compiled"))
    log = io.StringIO()
    try:
        with contextlib.redirect_stdout(log):
            run_job(asked["job"], lambda job: ((crash(job) if asked.get("crash") else None), work(job)), asked["argv"])
        told = {}
    except Exception as error:  # noqa: BLE001
        told = {"error": f"{type(error).__name__}: {error}"}
    return {**told, "log": [json.loads(line) for line in log.getvalue().splitlines()]}


# The file system for S3 takes its settings when the session is opened, and all jobs here share one.
spark = open_session("tests", os.environ.get("S3_ENDPOINT"))
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
