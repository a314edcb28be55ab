"""Where packages come from: pip's configuration in uv's words.

uv reads its own configuration only. Somebody who has told pip about a mirror, a folder of wheels or
a certificate means every installer, so what uv has not been told is taken from there.

Sources: "Configuration" of pip's documentation, "Environment variables" of uv's.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

UV_INDEXES = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
SECTIONS = ("global", "install")  # the later wins
TRUE = ("1", "true", "yes", "on", "y", "t")


def variables(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that tell uv what pip is told, by ``env`` or by its configuration files."""
    given = settings(env)
    found: dict[str, str] = {}
    if not _is_told(env):
        found |= _indexes(given)
    if "cert" in given:
        found["SSL_CERT_FILE"] = given["cert"]
    if "proxy" in given:
        found["ALL_PROXY"] = given["proxy"]
    if "trusted-host" in given:
        found["UV_INSECURE_HOST"] = " ".join(given["trusted-host"].split())
    return {name: value for name, value in found.items() if name not in env}


def flags(env: Mapping[str, str]) -> list[str]:
    """What uv has no variable for."""
    no_index = settings(env).get("no-index", "").lower() in TRUE
    return ["--no-index"] if no_index and not _is_told(env) else []


def settings(env: Mapping[str, str]) -> dict[str, str]:
    """pip's settings, its files from the system's to the user's, variables above them."""
    found: dict[str, str] = {}
    for path in _files(env):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip will say so to who asks pip
        for section in SECTIONS:
            if parser.has_section(section):
                found |= {name.replace("_", "-"): text for name, text in parser.items(section)}
    for name, text in env.items():
        if name.startswith("PIP_") and text:
            found[name.removeprefix("PIP_").lower().replace("_", "-")] = text
    return found


def _indexes(given: Mapping[str, str]) -> dict[str, str]:
    found = {}
    if "index-url" in given:
        found["UV_DEFAULT_INDEX"] = given["index-url"]
    if "extra-index-url" in given:
        found["UV_INDEX"] = " ".join(given["extra-index-url"].split())
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip knows no other
    if "find-links" in given:
        found["UV_FIND_LINKS"] = ",".join(given["find-links"].split())
    return found


def _files(env: Mapping[str, str]) -> Iterator[Path]:
    own = env.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return
    home = Path(env.get("HOME") or os.path.expanduser("~"))
    yield from (Path("/etc/pip.conf"), Path("/etc/xdg/pip/pip.conf"))
    yield home / ".pip" / "pip.conf"
    yield Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if own:
        yield Path(own)


def _is_told(env: Mapping[str, str]) -> bool:
    """Whether uv has an index of its own configuration."""
    if any(name.startswith(UV_INDEXES) for name in env) or env.get("UV_CONFIG_FILE"):
        return True
    home = Path(env.get("HOME") or os.path.expanduser("~"))
    places = (env.get("XDG_CONFIG_HOME") or home / ".config", "/etc")
    return any(Path(place, "uv", "uv.toml").is_file() for place in places)
