"""Job B: removes duplicates and adds evidence, clean/ to staging/. Everything it does is in the package `telco`."""

import sys

from telco.job import run_job
from telco.stage import stage

if __name__ == "__main__":
    run_job("stage", stage, sys.argv[1:])
