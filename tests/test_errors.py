"""The tree of errors: drawn as it is, and saying all at once."""

import pytest

from tracker import errors
from tracker.errors import BadConfiguration, BadInput, Problem, TooMany, TrackerError


def all_errors(of: type[TrackerError] = TrackerError) -> list[type[TrackerError]]:
    return [kind for child in of.__subclasses__() for kind in (child, *all_errors(child))]


def test_every_error_is_drawn_in_the_tree_at_the_top_of_the_file() -> None:
    for kind in all_errors():
        if kind.__module__ == errors.__name__ and not kind.__name__.startswith("_"):
            assert kind.__name__ in (errors.__doc__ or "")


def test_the_drawn_status_is_the_real_one() -> None:
    for line in (errors.__doc__ or "").splitlines():
        words = line.split()
        if len(words) > 1 and words[1].isdigit():
            assert getattr(errors, words[0].partition("(")[0]).http_status == int(words[1])


def test_an_error_with_problems_names_each_of_them() -> None:
    error = BadInput([Problem("line 3", "no amount.", "Add one."), Problem("line 9", "no date.")])
    assert "line 3: no amount. Add one." in str(error)
    assert "line 9: no date." in str(error)
    assert len(error.problems) == 2


def test_an_error_without_any_problem_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one"):
        BadConfiguration([])


def test_too_many_says_when_to_come_back() -> None:
    assert TooMany("Five wrong passwords. Wait a minute.", 60).retry_after_seconds == 60
