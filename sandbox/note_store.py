"""The sick notes that the sandbox holds, found fast by sub-unit and running number."""

import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from .notes import without_nulls


def encode(value) -> bytes:
    """Return a JSON value as compact UTF-8 bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(slots=True)
class StoredNote:
    """One note: what it is found by, and its JSON text as it is served.

    What it is found by is kept beside the text, since the text may be broken on purpose.
    """

    loepenr: int
    orgnr: str
    fnr: str | None
    note_id: str | None
    received: date | None
    sent: date | None
    body: bytes
    added: bool = False
    bare: bytes | None = None

    @property
    def raw(self):
        """The note as JSON value, with its nulls."""
        return json.loads(self.body)

    def served(self, include_nulls: bool) -> bytes:
        """Return the JSON text, with or without the keys that are null."""
        if include_nulls:
            return self.body
        if self.bare is None:
            self.bare = encode(without_nulls(self.raw))
        return self.bare


def _day_of(raw, key) -> date | None:
    """Return the date of a date-time field, or None when it is missing or no date."""
    try:
        return date.fromisoformat(raw[key][:10])
    except (KeyError, TypeError, ValueError):
        return None


def _text_at(raw, *path) -> str | None:
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, str) else None


class NoteStore:
    """All notes, per sub-unit in the order of their running number.

    Not safe for threads by itself: the sandbox holds its lock around every call.
    """

    def __init__(self):
        self._numbers: dict[str, list[int]] = {}
        self._notes: dict[str, list[StoredNote]] = {}
        self._by_id: dict[str, StoredNote] = {}
        self._next = 1

    def __len__(self):
        return sum(len(notes) for notes in self._notes.values())

    def __iter__(self):
        for notes in self._notes.values():
            yield from notes

    def take_number(self) -> int:
        """Return a running number above all that have been used, and use it up."""
        number, self._next = self._next, self._next + 1
        return number

    def add(self, raw, *, loepenr, orgnr, fnr=None, note_id=None, received=None, added=True):
        """Store a note of any shape and return its :class:`StoredNote`.

        :param raw: the JSON value that is served; need not be a valid note
        :param orgnr: the sub-unit under which it is found
        :param fnr, note_id, received: what it is found by, taken from `raw` when left out
        :param added: it came in while the sandbox ran (and is saved with its state)
        """
        note = StoredNote(
            loepenr=loepenr,
            orgnr=orgnr,
            fnr=fnr or _text_at(raw, "sykmeldt", "fnr"),
            note_id=note_id or _text_at(raw, "sykmeldingId"),
            received=received or _day_of(raw, "mottattAvNav"),
            sent=_day_of(raw, "sendtTilArbeidsgiver") or received,
            body=encode(raw),
            added=added,
        )
        numbers = self._numbers.setdefault(orgnr, [])
        at = bisect_right(numbers, loepenr)
        numbers.insert(at, loepenr)
        self._notes.setdefault(orgnr, []).insert(at, note)
        if note.note_id:
            # The real service ignores a note whose id it has: the first one is answered.
            self._by_id.setdefault(note.note_id, note)
        self._next = max(self._next, loepenr + 1)
        return note

    def remove(self, note: StoredNote):
        """Take a note away, as if NAV had never delivered it."""
        at = self._notes[note.orgnr].index(note)
        del self._notes[note.orgnr][at], self._numbers[note.orgnr][at]
        if self._by_id.get(note.note_id) is note:
            del self._by_id[note.note_id]

    def by_id(self, note_id: str) -> StoredNote | None:
        """Return the note with this `sykmeldingId`, or None."""
        return self._by_id.get(note_id)

    def of_unit(self, orgnr: str) -> list[StoredNote]:
        """Return all notes of a sub-unit in the order of their running number."""
        return list(self._notes.get(orgnr, ()))

    def select(
        self, orgnr, *, after=None, first=None, last=None, fnr=None, by_sent=False, limit, hidden=()
    ) -> list[StoredNote]:
        """Return up to `limit` notes of a sub-unit in the order of their running number.

        :param after: only running numbers strictly greater
        :param first, last: only notes received on these days, both included
        :param by_sent: let `first` and `last` look at `sendtTilArbeidsgiver` instead
        :param hidden: running numbers that are not visible yet
        """
        notes = self._notes.get(orgnr, [])
        start = 0 if after is None else bisect_right(self._numbers.get(orgnr, []), after)
        found = []
        for at in range(start, len(notes)):
            note = notes[at]
            if fnr is not None and note.fnr != fnr or note.loepenr in hidden:
                continue
            day = note.sent if by_sent else note.received
            if first is not None and (day is None or day < first):
                continue
            if last is not None and (day is None or day > last):
                continue
            found.append(note)
            if len(found) == limit:
                break
        return found
