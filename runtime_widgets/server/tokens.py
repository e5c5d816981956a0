"""The server's secret, and the short-lived bearer tokens that are given for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

__all__ = ["BEARER_SECONDS", "Keys"]

BEARER_SECONDS = 3600


class Keys:
    """Says who may come in.

    Parameters
    ----------
    token
        The server's secret.
    clock
        Returns epoch seconds.
    """

    def __init__(self, token: str, clock: Callable[[], float]) -> None:
        self._token = token.encode()
        self._clock = clock
        # The bearer tokens are signed with a key made from the secret, so that they outlive a
        # restart of the server on the same data, as the secret does.
        self._key = hmac.digest(self._token, b"runtime-widgets bearer tokens", hashlib.sha256)

    def accepts(self, credential: str) -> bool:
        """Say whether this is the secret, or a bearer token that has not expired."""
        offered = credential.encode("utf-8", "surrogateescape")
        return self.is_secret(credential) or self._is_bearer(offered)

    def is_secret(self, credential: str) -> bool:
        """Say whether this is the secret itself; takes the same time for any wrong one."""
        offered = credential.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(offered, self._token)

    def issue(self) -> dict[str, Any]:
        """Return a bearer token (a JWT signed with HS256) in IAM's answer."""
        now = int(self._clock())
        claims = {"iss": "runtime-widgets", "sub": "local", "iat": now, "exp": now + BEARER_SECONDS}
        head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        signed = head + b"." + _encode(json.dumps(claims).encode())
        token = signed + b"." + self._signature(signed)
        return {
            "access_token": token.decode(),
            "refresh_token": "not_supported",
            "token_type": "Bearer",
            "expires_in": BEARER_SECONDS,
            "expiration": now + BEARER_SECONDS,
            "scope": "ibm openid",
        }

    def _signature(self, signed: bytes) -> bytes:
        return _encode(hmac.digest(self._key, signed, hashlib.sha256))

    def _is_bearer(self, offered: bytes) -> bool:
        signed, _, signature = offered.rpartition(b".")
        if not hmac.compare_digest(signature, self._signature(signed)):
            return False
        claims = signed.partition(b".")[2]
        padded = claims + b"=" * (-len(claims) % 4)
        return float(json.loads(base64.urlsafe_b64decode(padded))["exp"]) > self._clock()


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
