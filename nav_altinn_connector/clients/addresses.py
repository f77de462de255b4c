"""Which addresses may be called at all."""

import ipaddress
import re
from urllib.parse import urlsplit

from .errors import InsecureAddress


def require_secure(base_url, system="address"):
    """Return ``base_url`` without a trailing slash if it may be called.

    https to any host, http to loopback only; no user, query or fragment in it.

    :raise InsecureAddress: otherwise
    """
    url = base_url if isinstance(base_url, str) else ""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise InsecureAddress(system, "address", sent=False) from None
    plain = not re.search(r"[\s\\?#@\x00-\x1f\x7f]", url) and host
    if not plain or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise InsecureAddress(system, "address", sent=False)
    return url.rstrip("/")


def is_loopback(host):
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
