"""A disk that takes two milliseconds to keep something: what servers without a cache of their own have to wait for.

On a virtual machine a disk often says at once that it has kept what it has not. A small library is built here and
loaded before the process, so that each of its waits for the disk takes longer.
"""

import shutil
import subprocess
from pathlib import Path

MILLISECONDS = 2
SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#define SLOW(name) \\
    int name(int file) { \\
        static int (*real)(int); \\
        struct timespec wait = {0, MILLISECONDS * 1000000L}; \\
        if (!real) real = dlsym(RTLD_NEXT, #name); \\
        nanosleep(&wait, 0); \\
        return real(file); \\
    }
SLOW(fsync)
SLOW(fdatasync)
"""
MISSING = "skipped: no C compiler (gcc) is installed"


def slow_disk_library(folder: Path) -> Path | None:
    """A library for LD_PRELOAD, built in a folder; None where there is no compiler."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    source, library = folder / "slow_disk.c", folder / "slow_disk.so"
    source.write_text(SOURCE.replace("MILLISECONDS", str(MILLISECONDS)))
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library
