"""`python3 -m tracker COMMAND`. Any Python 3 can read this file, so that an old one can refuse in a plain sentence."""

import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  # the very case this line is here for
        sys.exit(
            "The tracker needs Python 3.11 or newer, and this is Python {}.{}. "
            "Install a newer one and start it with that, for example: python3.11 -m tracker demo".format(
                *sys.version_info[:2]
            )
        )
    from tracker.launcher import launch

    launch(sys.argv[1:])


if __name__ == "__main__":
    main()
