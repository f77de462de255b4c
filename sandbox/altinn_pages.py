"""Altinn's lists, a page at a time, with the address of the next page."""

import base64
import binascii

from .problems import model_problem


def paged(request, sandbox, items: list[dict]) -> dict:
    """Return the page that a request asks for: `{"links": {"next"?}, "data"}`.

    :raises ServiceError: 400 for a token that this list did not give
    """
    start, size = _start(request.query.get("token")), sandbox.options.altinn_page_size
    links = {}
    if start + size < len(items):
        token = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        links["next"] = f"{sandbox.base_url}{request.path}?token={token}"
    return {"links": links, "data": items[start : start + size]}


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, binascii.Error) as error:
        raise model_problem(token="is not one of this list's") from error
