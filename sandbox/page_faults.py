"""Faults that change a page of sick notes on its way out; what is stored stays as it is."""

import copy
import json
import random

from .faults import PAGE_KINDS, Fault, Faults
from .note_store import NoteStore, StoredNote, encode

DEFAULT_SIZE = 1_000_000


def held_back(faults: Faults, endpoint: str, orgnr: str, selected: list[StoredNote]) -> set[int]:
    """Return the running numbers that this answer must not hold yet, counting the fault.

    A note is chosen at the first answer with at least two notes: with one alone, the client would
    have no higher number to go on from and the note would not be late.
    """
    hidden = set()
    for fault in faults.due(endpoint, ("late_low_loepenr",)):
        wanted = fault.params.get("loepenr")
        if wanted is None and not fault.held and len(selected) > 1:
            fault.held[orgnr] = selected[0].loepenr
        number = wanted if wanted is not None else fault.held.get(orgnr)
        if number is not None and any(note.loepenr == number for note in selected):
            hidden.add(number)
            faults.play(fault, endpoint, f"loepenr {number}")
    return hidden


def change_page(faults: Faults, endpoint: str, page: list[bytes], store: NoteStore) -> list[bytes]:
    """Return the page as the faults that are due change it; an empty page stays as it is.

    :param page: the notes as JSON text
    :param store: gives new running numbers for copies
    """
    for fault in faults.due(endpoint, [kind for kind in PAGE_KINDS if kind in _CHANGES]):
        if len(page) >= (2 if fault.kind == "out_of_order" else 1):
            page = _CHANGES[fault.kind](fault, list(page), store)
            faults.play(fault, endpoint)
    return page


def _unknown_values(fault: Fault, page, store):
    what = fault.params.get("what", "both")
    if what in ("keys", "both"):
        page = [encode(_with_unknown_keys(json.loads(body))) for body in page]
    if what in ("kind", "both"):
        page[0] = encode(_with_unknown_kind(json.loads(page[0])))
    return page


def _periods(note):
    periods = note.get("sykmeldingPerioder") if isinstance(note, dict) else None
    return [item for item in periods or () if isinstance(item, dict)]


def _with_unknown_keys(note):
    if isinstance(note, dict):
        note["nyttFelt"] = {"verdi": 1}
    for period in _periods(note):
        period["nyttFelt"] = "ukjent"
        if isinstance(period.get("aktivitet"), dict):
            period["aktivitet"]["nyttFelt"] = None
    return note


def _with_unknown_kind(note):
    for period in _periods(note):
        period["aktivitet"] = {"harReisetilskudd": False, "nyAktivitetstype": {"omfang": "delvis"}}
    return note


def _duplicate(fault: Fault, page, store):
    at = len(page) // 2
    twin = copy.deepcopy(json.loads(page[at]))
    if fault.params.get("loepenr", "same") == "new" and isinstance(twin, dict):
        twin["loepenr"] = store.take_number()
        return [*page, encode(twin)]
    return [*page[: at + 1], encode(twin), *page[at + 1 :]]


def _out_of_order(fault: Fault, page, store):
    before = list(page)
    random.Random(fault.params.get("seed", 1)).shuffle(page)
    return page if page != before else page[::-1]


def _huge(fault: Fault, page, store):
    note = json.loads(page[0])
    text = "Å" * int(fault.params.get("size", DEFAULT_SIZE))
    if isinstance(note, dict):
        note["oppfoelging"] = {**(note.get("oppfoelging") or {}), "tiltakArbeidsplassen": text}
    return [encode(note), *page[1:]]


_CHANGES = {
    "unknown_values": _unknown_values,
    "duplicate": _duplicate,
    "out_of_order": _out_of_order,
    "huge": _huge,
}
