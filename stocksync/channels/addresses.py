"""Addresses: whether one is fit to be called, and whether it is one of the open internet."""

import ipaddress
from urllib.parse import urlsplit


def fit(url: str, *, allow_insecure: bool) -> str:
    """Return a base address that is right, or raise `ValueError` in words for the config."""
    wrong = unfit(url, allow_insecure=allow_insecure)
    if wrong:
        raise ValueError(wrong)
    return url


def unfit(url: str, *, allow_insecure: bool) -> str | None:
    """Return what is wrong with a base address, in words for the config; None if it is right."""
    allowed = ("https://", "http://") if allow_insecure else ("https://",)
    if not url.startswith(allowed):
        return "must begin with https://; for a channel without it write allow_insecure: true"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no address; write one such as https://shop.example"
    if not host or port == 0 or any(letter.isspace() for letter in url):
        return "is no address; write one such as https://shop.example"
    if "@" in parts.netloc:
        return "must not hold a user or password; they have keys of their own"
    if parts.query or parts.fragment:
        return "must end before any ? or #"
    return None


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the open internet, also inside an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _inside(ip)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_private_host(host: str) -> bool:
    """Return whether a host belongs to a private network by its looks: no name is resolved."""
    try:
        return not is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan", ".home.arpa"))


def _inside(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in ipaddress.ip_network("64:ff9b::/96") or ip in ipaddress.ip_network("::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo = ip.teredo
    return ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None)
