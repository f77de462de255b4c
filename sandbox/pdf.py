"""A small real PDF of a sick note: one page of text, made by hand."""

LEFT, TOP, LEADING, SIZE = 56, 780, 18, 11
MAX_LINES = 40


def _escape(text: str) -> bytes:
    """Return text as the content of a PDF string in the WinAnsi encoding."""
    for char in "\\()":
        text = text.replace(char, f"\\{char}")
    return text.replace("\n", " ").encode("cp1252", "replace")


def _kind_of(activity: dict) -> str:
    if activity.get("aktivitetIkkeMulig"):
        return "100 % sykmeldt"
    if activity.get("gradertSykmelding"):
        return f"{activity['gradertSykmelding']['sykmeldingsgrad']} % sykmeldt"
    if activity.get("avventendeSykmelding"):
        return f"Avventende: {activity['avventendeSykmelding']}"
    if activity.get("antallBehandlingsdagerUke") is not None:
        return f"Behandlingsdager, {activity['antallBehandlingsdagerUke']} i uken"
    return "Reisetilskudd" if activity.get("harReisetilskudd") else "Ukjent"


def note_lines(note: dict) -> list[str]:
    """Return the lines of text on the PDF of a note.

    :raises KeyError: the note lacks a field that is shown
    """
    lines = [
        "SYKMELDING (sandkasse, syntetiske data)",
        "",
        f"Sykmeldt: {note['sykmeldt']['navn']} ({note['sykmeldt']['fnr']})",
        f"Arbeidsgiver: {note['arbeidsgiver'].get('navn') or ''} {note['arbeidsgiver']['orgnr']}",
        f"Mottatt av NAV: {note['mottattAvNav']}",
        "",
    ]
    for period in note["sykmeldingPerioder"]:
        lines.append(f"{period['fom']} - {period['tom']}: {_kind_of(period['aktivitet'])}")
    return lines


def note_pdf(note: dict) -> bytes:
    """Return a PDF (version 1.4) of a note.

    :raises KeyError, TypeError: the note lacks what the PDF shows
    """
    lines = [b"(" + _escape(line) + b") Tj T*" for line in note_lines(note)[:MAX_LINES]]
    start = f"BT /F1 {SIZE} Tf {LEADING} TL {LEFT} {TOP} Td".encode()
    content = b"\n".join([start, *lines, b"ET"])
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    return _assemble(objects)


def _assemble(objects: list[bytes]) -> bytes:
    """Return the file with its objects, cross-reference table and trailer."""
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)
