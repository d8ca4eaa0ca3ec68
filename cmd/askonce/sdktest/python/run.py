"""Runs every check against the service at ASKONCE_URL and prints one JSON
object for each: {"name", "ok", "ms", "error"}; the last line is {"done": N}.
"""

import asyncio
import inspect
import json
import time
import traceback

import chat_checks  # noqa: F401  importing a module registers its checks
import concurrency_checks  # noqa: F401
import dialect_checks  # noqa: F401
import error_checks  # noqa: F401
import header_checks  # noqa: F401
import text_checks  # noqa: F401
from harness import CHECKS


def run(function):
    result = function()
    if inspect.iscoroutine(result):
        asyncio.run(result)


def report(name, function):
    start, error = time.monotonic(), None
    try:
        run(function)
    except Exception as failure:
        last = traceback.extract_tb(failure.__traceback__)[-1]
        trace = " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in reversed(traceback.extract_tb(failure.__traceback__)) if "site-packages" not in f.filename)
        error = f"{type(failure).__name__}: {failure} (at {trace or last.filename})"
    line = {"name": name, "ok": error is None, "ms": round(1000 * (time.monotonic() - start)), "error": error}
    print(json.dumps(line), flush=True)


for check_name, check_function in CHECKS:
    report(check_name, check_function)
print(json.dumps({"done": len(CHECKS)}))
