"""Whom a name or an e-mail address in a deal means."""

from collections.abc import Collection, Iterable

from tracker.ingest.deal_payload import REFERENCE_LENGTH_MAX
from tracker.store import people, quarantine
from tracker.store.people import Payee
from tracker.store.statements import in_chunks
from tracker.store.types import Connection


class Directory:
    """Looks payees up and remembers them, for as long as one look at the database lasts.

    Teams are known only where asked for: they have quotas, but win no deals themselves.
    """

    def __init__(self, connection: Connection, with_teams: bool = False) -> None:
        self._connection = connection
        self._kinds = {"rep", "team"} if with_teams else {"rep"}
        self._payee_ids: dict[str, int | None] = {}

    def payee_id_of(self, reference: str) -> int | None:
        """The active payee with this reference, whose person has this e-mail address, or for whom the name was claimed.

        Case does not matter.
        """
        folded = people.fold(reference)
        if folded not in self._payee_ids:
            self.look_up([reference])
        return self._payee_ids.get(folded)

    def look_up(self, references: Iterable[str]) -> None:
        """Find many at once that will be asked for: a few statements rather than a few for each.

        They may be as they came in; what no database can look for names nobody.
        """
        new = {people.fold(one) for one in references if _can_be_looked_for(one)}
        new -= self._payee_ids.keys()
        for chunk in in_chunks(sorted(new)):
            found = self._found(set(chunk))
            for folded in chunk:
                payee = found.get(folded)
                is_known = payee is not None and payee.is_active and payee.kind in self._kinds
                self._payee_ids[folded] = payee.id if payee is not None and is_known else None

    def _found(self, references: Collection[str]) -> dict[str, Payee]:
        found = people.payees_by_reference(self._connection, references)
        for further in (people.payees_by_email, quarantine.payees_claimed_for):
            if missing := set(references) - found.keys():
                found |= further(self._connection, missing)
        return found


def _can_be_looked_for(reference: str) -> bool:
    return "\x00" not in reference and len(reference) <= REFERENCE_LENGTH_MAX
