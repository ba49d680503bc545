"""Job A: judges the rows of what was archived, archive/ to clean/. Everything it does is in the package `telco`."""

import sys

from telco.clean import clean
from telco.job import run_job

if __name__ == "__main__":
    run_job("clean", clean, sys.argv[1:])
