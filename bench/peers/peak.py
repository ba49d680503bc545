"""`peak.py FILE PROGRAM ARGS…`: the program, and into FILE the most memory that a process of it had, in MB (0 where unknown)."""

import subprocess
import sys

file, *command = sys.argv[1:]
status = subprocess.run(command).returncode
try:
    import resource

    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
except ImportError:
    peak = 0
with open(file, "w", encoding="utf8") as out:
    out.write(str(peak))
sys.exit(status)
