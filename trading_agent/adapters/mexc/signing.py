"""How a request to the exchange's private side is signed.

Pure, and used by nothing yet: paper trading has no key and no way to this module.
"""

import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import quote


def sign(secret: str, total_params: str) -> str:
    """Lower-case hex HMAC-SHA256 of the query string directly followed by the body.

    Sign the very characters that are sent, `canonical_query` makes them.
    """
    return hmac.new(secret.encode(), total_params.encode(), hashlib.sha256).hexdigest()


def canonical_query(params: Iterable[tuple[str, str]]) -> str:
    """Names and values in the order given; everything but letters, digits and `-._~` becomes
    upper-case percent escapes of UTF-8, a space `%20`."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in params)


def signed_query(secret: str, params: Iterable[tuple[str, str]]) -> str:
    """The whole query of a request without body, its signature last as it must be."""
    query = canonical_query(params)
    return f"{query}&signature={sign(secret, query)}"
