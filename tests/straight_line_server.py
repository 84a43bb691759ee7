"""The product exactly as `run` serves it, at a moment that stands still: `python -m ... PORT MOMENT`."""

from tracker import serve  # isort: skip  # first: it patches the standard library

import sys
from datetime import datetime

from tracker import clock
from tracker.config import load_settings

if __name__ == "__main__":
    with clock.stopped_at(datetime.fromisoformat(sys.argv[2])):
        serve.serve_until_stopped(load_settings(), lambda: print("ready", flush=True))
