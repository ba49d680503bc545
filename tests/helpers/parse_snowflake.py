"""Parses texts as Snowflake SQL: a JSON list of texts on stdin, a list of findings for each of them on stdout."""

import json
import sys
from functools import cache

from sqlfluff.core import FluffConfig, Linter

linter = Linter(config=FluffConfig(overrides={"dialect": "snowflake", "templater": "raw"}))


# Texts made from one another often share the body of a procedure, and parsing it is what takes long.
@cache
def findings(text):
    parsed = linter.parse_string(text)
    return [{"line": violation.line_no, "message": violation.desc()} for violation in parsed.violations]


json.dump([findings(text) for text in json.load(sys.stdin)], sys.stdout)
