"""Slow arithmetic beside the event loop: inside it every socket of the process would wait."""

import sys
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def beside_the_loop(work: Callable[[], Result]) -> Result:
    """Under gevent the work goes to a real thread and only its caller waits; elsewhere it is done here."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return work()
    from gevent import get_hub

    result: Result = get_hub().threadpool.apply(work)
    return result
