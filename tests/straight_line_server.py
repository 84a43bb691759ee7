"""The product exactly as `run` serves it, at a moment that stands still: `python -m ... PORT MOMENT`."""

from tracker import serve  # isort: skip  # first: it patches the standard library

import sys
from datetime import datetime

from tracker import clock, self_check
from tracker.config import load_settings

# A check that lands between a push and a look at the page is news of its own, which nothing pushes; tested elsewhere.
self_check.FIRST_CHECK_AFTER_SECONDS = 600

if __name__ == "__main__":
    with clock.stopped_at(datetime.fromisoformat(sys.argv[2])):
        serve.serve_until_stopped(load_settings(), lambda: print("ready", flush=True))
