"""How seldom Python looks for garbage: what is made here in great numbers holds no cycles, and each look costs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def collect_seldom() -> None:
    """For the process that serves: full looks walk every open socket, and what exists at start is never garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """For work on many rows, each of which is forgotten when it is done; what garbage there is stays small."""
    before = gc.get_threshold()
    gc.set_threshold(10_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def without_collecting() -> Iterator[None]:
    """A long list of deals holds no cycles, and looking for some in it again and again costs more than reading it.

    What was made within the block counts as old after it, so it is not all looked through at once either.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.unfreeze()
            gc.enable()
