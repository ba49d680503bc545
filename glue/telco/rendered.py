"""What `npm run glue` has made of the contracts, the rules and the SQL."""

import json
import pkgutil
from functools import lru_cache
from typing import Any

from .errors import JobError


@lru_cache(maxsize=1)
def load() -> dict[str, Any]:
    """Reads `rendered.json` beside this module, also out of a zip."""
    try:
        data = pkgutil.get_data(__package__, "rendered.json")
    except OSError:
        data = None
    if data is None:
        raise JobError("the SQL of the jobs is missing", "rendered.json in telco.zip", "make the zip by `npm run glue`")
    return json.loads(data)
