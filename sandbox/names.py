"""Names that sound Norwegian and are made up, put together from parts."""

FIRST_PARTS = """
    Al Arn Bjar Bryn Dag Eld Finn Frøy Gunn Hall Heid Ing Jor Kol Mag Odd Rag Sig Sol Tor Ulv Ås
"""
SECOND_PARTS = """
    bjørg dis frid hild laug leif mund rik stein vald var veig mar geir
"""
PLACES = """
    Berg Bjørke Ekre Fjell Furu Gran Hegge Kvern Lyng Molte Myr Rogne Sand Skog Stor
"""
ENDINGS = """
    bakken dalen heim haug lia mo nes rud sletta tveit vik åsen
"""
SITES = """
    Nordlia Sørvika Østbakken Vestnes Midtåsen Fjordlia Solhaug Bekkedal Elvemo Granrud
"""
TOWNS = (
    ("0581", "OSLO", "0301"),
    ("5003", "BERGEN", "4601"),
    ("7010", "TRONDHEIM", "5001"),
    ("4006", "STAVANGER", "1103"),
)


def _pick(rng, parts: str) -> str:
    return rng.choice(parts.split())


def person(rng) -> str:
    """Return a first name and a surname."""
    first = _pick(rng, FIRST_PARTS) + _pick(rng, SECOND_PARTS)
    return f"{first} {_pick(rng, PLACES)}{_pick(rng, ENDINGS)}"


def street(rng) -> str:
    """Return a street with a number."""
    return f"{_pick(rng, PLACES)}veien {rng.randrange(1, 90)}"


def site(number: int) -> str:
    """Return the name of the place of sub-unit `number`, counted from 0; each is another."""
    sites = SITES.split()
    name = sites[number % len(sites)]
    return name if number < len(sites) else f"{name} {number // len(sites) + 1}"
