"""Runs a command on a terminal of its own. Arguments: a JSON list of [text to wait for, text to type], then the command.

Prints all that the terminal showed, and ends as the command did.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT_SECONDS = 45

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    # A new terminal has no width, and every letter would be a line.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])

shown = b""
seen = 0
deadline = time.monotonic() + LIMIT_SECONDS
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 0.2)[0]:
        continue
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if part == b"":
        break
    shown += part
    if steps:
        at = shown.find(steps[0][0].encode(), seen)
        if at >= 0:
            seen = at + len(steps[0][0])
            os.write(terminal, steps.pop(0)[1].encode())

else:
    os.kill(pid, signal.SIGKILL)

sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
