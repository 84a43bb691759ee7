"""Whom a name or an e-mail address in a deal means."""

from tracker.store import people, quarantine
from tracker.store.types import Connection


class Directory:
    """Looks payees up and remembers them, for as long as one read of the database lasts.

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
            self._payee_ids[folded] = self._looked_up(folded)
        return self._payee_ids[folded]

    def _looked_up(self, folded: str) -> int | None:
        payee = people.payee_by_reference(self._connection, folded)
        if payee is None:
            person = people.person_by_email(self._connection, folded)
            if person is not None and person.payee_id is not None:
                payee = people.payee(self._connection, person.payee_id)
        if payee is None:
            claimed = quarantine.claimed_by(self._connection, folded)
            payee = people.payee(self._connection, claimed) if claimed is not None else None
        if payee is None or not payee.is_active or payee.kind not in self._kinds:
            return None
        return payee.id
