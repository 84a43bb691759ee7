"""One write, cut off before its statements and done again, compared with the same write uncut."""

from collections.abc import Iterable

from tests.faults.cutting import Done, Request, done_on
from tests.faults.size import RUN
from tests.faults.stage import Stage
from tests.faults.standing import Contents, Kept, Standing, contents, differences
from tracker.ingest.once import HEADER

FINE = (0, 200, 303)
SERVER_FAILED = 500
VERIFY = ("verify",)


def cut_points(done: Done) -> list[int]:
    """Before which statements to cut; the last lies behind all of them: only the answer is lost.

    All of them in a long run; in a sample both sides of each commit, since nothing is left behind in between.
    """
    if RUN == "long":
        return list(range(1, done.statements + 2))
    around = {at for commit in done.commits for at in (commit, commit + 1)}
    return sorted({*around, done.statements + 1})


def assert_as_if_sent_once(stage: Stage, name: str, request: Request, may_differ: set[str]) -> str:
    """Cut it off and do it again, at many points; what was tried.

    What follows from the same company is the same: of points that leave the same behind, one is done again. Tables that
    `may_differ` may hold more rows when it was done twice. Whatever is left passes `verify`.
    """
    stage.cast.database.dispose()
    with stage.until_done:
        sweep = Sweep(stage.company, request, may_differ)
        assert sweep.uncut.status in FINE, (name, sweep.uncut)
        assert sweep.changed_something, f"{name} changes nothing"
        points = cut_points(sweep.uncut)
        wrong = sweep.wrong_when_cut_at(points)
    assert not wrong, f"{name} of {sweep.uncut}: {wrong}"
    places = f"{len(points)} of {sweep.uncut.statements + 1} points"
    return f"{name}: cut at {places}, which left {len(sweep.left)} different things behind"


class Sweep:
    """A company, and what one write makes of copies of it."""

    def __init__(self, before: Standing, request: Request, may_differ: set[str]) -> None:
        self._before, self._request, self._may_differ = before, request, may_differ
        self._copy = before.copied("cut")
        self._kept_before = self._copy.kept()
        self._sound = [contents(self._kept_before)]
        self.left: list[Contents] = []
        self.uncut = self._done()
        kept = self._copy.kept()
        self.changed_something, self._is_to_be_copied = kept != self._kept_before, True
        self._right = contents(kept)
        self._require_sound(self._right)

    def wrong_when_cut_at(self, points: Iterable[int]) -> dict[int, dict[str, object]]:
        """By statement, what is not as it should be when the write was cut off before it and then done again."""
        return {point: wrong for point in points if (wrong := self._wrong_when_cut(point))}

    def _wrong_when_cut(self, point: int) -> dict[str, object]:
        kept = self._left_when_cut(point)
        self._is_to_be_copied = kept != self._kept_before
        left = contents(kept) if self._is_to_be_copied else self._sound[0]
        if left in self.left:
            return {}
        self.left.append(left)
        self._is_to_be_copied = True
        self._require_sound(left)
        return self._wrong_when_done_again()

    def _left_when_cut(self, point: int) -> Kept:
        if self._is_to_be_copied:
            self._copy = self._before.copied("cut")
        was_cut = done_on(self._copy, self._request, point) is None
        assert was_cut is (point <= self.uncut.statements)
        return self._copy.kept()

    def _wrong_when_done_again(self) -> dict[str, object]:
        again, found = self._done(), contents(self._copy.kept())
        self._require_sound(found)
        wrong: dict[str, object] = dict(differences(self._right, found, self._may_differ))
        if again.status >= SERVER_FAILED:
            wrong["status"] = again.status
        if HEADER in self._request.headers and again.answer != self.uncut.answer:
            wrong["answer"] = again.answer
        return wrong

    def _done(self) -> Done:
        done = done_on(self._copy, self._request)
        assert done is not None
        return done

    def _require_sound(self, found: Contents) -> None:
        """What is there passes `verify`; looked at in a copy, since it notes that it looked."""
        if found in self._sound:
            return
        verified = done_on(self._copy.copied("checked"), Request(self._request.at, command=VERIFY))
        assert verified is not None
        assert verified.status == 0, f"what {self._request} leaves does not pass `verify`"
        self._sound.append(found)
