"""Where IBM's services are, for an account's URL and an instance's region.

The rules are those of ``qiskit-ibm-runtime`` 0.51 (``api/utils.py``, ``api/auth.py`` and
``accounts/utils.py`` there), and so are the environment variables.
"""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

__all__ = ["CLOUD_URL", "api_url", "catalog_url", "iam_url", "is_crn", "region_of", "search_url"]

CLOUD_URL = "https://cloud.ibm.com"
"""What an account's URL is unless it says otherwise."""

_DOMAIN = re.compile(r"(?:^|\.)((?:test\.)?cloud\.ibm\.com)$")
_OLD_HOST = "quantum.ibm.com"
_HOME_REGION = "us-east"
_PATH = re.compile(r"/api/v\d+$")


def is_crn(instance: str | None) -> bool:
    """Whether an instance is given as a CRN, and not by its name."""
    return bool(instance) and str(instance).startswith("crn:")


def region_of(crn: str | None) -> str | None:
    """Return the region in a CRN; None where there is none."""
    part = str(crn or "").split(":")[5:6] if is_crn(crn) else []
    return part[0] if part and re.fullmatch(r"[a-z0-9-]+", part[0]) else None


def api_url(url: str, crn: str | None, *, private: bool = False) -> str:
    """Return the base of all paths of the API.

    Under IBM's domain the region of the instance chooses the host. Any other URL (a gateway,
    a server of one's own) is taken as it is, with ``/api/v1`` unless it ends like that.
    """
    domain = _domain(url)
    if domain is None:
        root = url.rstrip("/")
        return root if _PATH.search(root) else f"{root}/api/v1"
    region = region_of(crn) or _HOME_REGION
    if private:
        return f"https://private.{region}.quantum.{domain}/api/v1"
    prefix = "" if region == _HOME_REGION else f"{region}."
    return f"https://{prefix}quantum.{domain}/api/v1"


def iam_url(crn: str | None, *, private: bool = False) -> str:
    """Return where an API key is exchanged; ``IAM_URL`` of the environment says otherwise."""
    given = os.environ.get("IAM_URL")
    if given:
        return given
    staging = str(crn or "").split(":")[2:3] == ["staging"]
    return f"https://{'private.' if private else ''}iam.{'test.' if staging else ''}cloud.ibm.com"


def search_url(url: str) -> str:
    """Return the account search; ``GLOBAL_SEARCH_URL`` of the environment says otherwise."""
    domain = _domain(url) or "cloud.ibm.com"
    given = os.environ.get("GLOBAL_SEARCH_URL")
    return (given or f"https://api.global-search-tagging.{domain}").rstrip("/")


def catalog_url(url: str) -> str:
    """Return the catalogue of plans; ``GLOBAL_CATALOG_URL`` of the environment says otherwise."""
    domain = _domain(url) or "cloud.ibm.com"
    given = os.environ.get("GLOBAL_CATALOG_URL")
    return (given or f"https://globalcatalog.{domain}/api/v1").rstrip("/")


def _domain(url: str) -> str | None:
    """Return IBM's domain that a URL is under, if it is."""
    host = urlsplit(url).hostname or ""
    if host == _OLD_HOST:
        return "cloud.ibm.com"
    found = _DOMAIN.search(host)
    return found.group(1) if found else None
