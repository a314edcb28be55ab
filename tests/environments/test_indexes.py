"""pip's configuration in uv's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio_ext.environments import indexes


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A user without any configuration, on a system without any."""
    files = indexes._files
    system = {Path("/etc/pip.conf"), Path("/etc/xdg/pip/pip.conf")}
    monkeypatch.setattr(
        indexes, "_files", lambda env: [path for path in files(env) if path not in system]
    )
    return {"HOME": str(tmp_path)}


def configure(env: dict[str, str], text: str) -> None:
    path = Path(env["HOME"], ".config", "pip", "pip.conf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_nothing_is_made_up(env: dict[str, str]) -> None:
    assert indexes.variables(env) == {}
    assert indexes.flags(env) == []


def test_a_file_of_pips(env: dict[str, str]) -> None:
    configure(
        env,
        "[global]\nindex-url = https://mirror/simple\nextra-index-url = https://a/ \n  https://b/\n"
        "find_links = /wheels\ncert = /ca.pem\nproxy = http://proxy:3128\ntrusted-host = a b\n"
        "[install]\nno-index = true\n",
    )
    assert indexes.variables(env) == {
        "UV_DEFAULT_INDEX": "https://mirror/simple",
        "UV_INDEX": "https://a/ https://b/",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels",
        "SSL_CERT_FILE": "/ca.pem",
        "ALL_PROXY": "http://proxy:3128",
        "UV_INSECURE_HOST": "a b",
    }
    assert indexes.flags(env) == ["--no-index"]
    assert indexes.flags({**env, "PIP_NO_INDEX": "false"}) == []
    assert indexes.flags({**env, "UV_INDEX": "https://own/"}) == []


def test_variables_win_over_files(env: dict[str, str]) -> None:
    configure(env, "[global]\nindex-url = https://file/\n")
    found = indexes.variables({**env, "PIP_INDEX_URL": "https://variable/"})
    assert found == {"UV_DEFAULT_INDEX": "https://variable/"}


def test_what_uv_was_told_stands(env: dict[str, str]) -> None:
    configure(env, "[global]\nindex-url = https://file/\ncert = /ca.pem\n")
    assert indexes.variables({**env, "UV_INDEX_URL": "https://own/", "SSL_CERT_FILE": "x"}) == {}
    path = Path(env["HOME"], ".config", "uv", "uv.toml")
    path.parent.mkdir()
    path.write_text("")
    assert indexes.variables(env) == {"SSL_CERT_FILE": "/ca.pem"}


def test_a_broken_file_is_pips_affair(env: dict[str, str]) -> None:
    configure(env, "index-url = x\n")
    assert indexes.variables(env) == {}


def test_pip_may_be_told_of_no_file(env: dict[str, str], tmp_path: Path) -> None:
    configure(env, "[global]\nindex-url = https://file/\n")
    assert indexes.variables({**env, "PIP_CONFIG_FILE": "/dev/null"}) == {}
    own = tmp_path / "own.conf"
    own.write_text("[global]\nindex-url = https://own/\n")
    found = indexes.variables({**env, "PIP_CONFIG_FILE": str(own)})
    assert found == {"UV_DEFAULT_INDEX": "https://own/"}
