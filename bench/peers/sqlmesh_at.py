"""`sqlmesh_at.py MOMENT ARGS…`: the sqlmesh command, with its clock at a moment (ISO 8601, with its zone)."""

import sys

import time_machine
from sqlmesh.cli.main import cli

moment, *arguments = sys.argv[1:]
with time_machine.travel(moment, tick=True):
    cli(arguments)
