from __future__ import annotations

import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from studio_ext.errors import StudioError
from studio_ext.identity.keys import Keys, session_name


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_root_is_made_once_and_private(tmp_path: Path) -> None:
    first, second = Keys(tmp_path / "identity"), Keys(tmp_path / "identity")
    assert first.root == second.root
    assert first.root.access_key.startswith("AKIA")
    assert len(first.root.access_key) == 20
    assert len(first.root.secret_key) == 40
    assert ":assumed-role/StudioExecutionRole/" in first.root.arn
    assert stat.S_IMODE((tmp_path / "identity").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "identity/keys.json").stat().st_mode) == 0o600
    assert Keys(tmp_path / "other").root != first.root


def _root(folder: Path) -> str:
    return Keys(folder).root.access_key


def test_two_processes_at_once_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert len(set(pool.map(_root, [tmp_path / "identity"] * 8))) == 1


def test_lookup_of_root(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    assert keys.lookup(keys.root.access_key) is keys.root
    assert keys.lookup("AKIAUNKNOWN") is None
    assert keys.lookup("ключ") is None
    assert keys.lookup(keys.root.access_key, "a-token-that-is-not-ours") is None


def test_temporary_credentials_survive_a_restart(tmp_path: Path) -> None:
    made = Keys(tmp_path).temporary(session="train-1", attempt="7")
    assert made.session_token is not None
    assert made.access_key.startswith("ASIA")
    assert len(made.access_key) == 20
    assert made.arn.endswith(":assumed-role/StudioExecutionRole/train-1")
    again = Keys(tmp_path, alive=lambda attempt: attempt == "7")
    assert again.lookup(made.access_key, made.session_token) == made


def test_they_end_with_the_attempt(tmp_path: Path) -> None:
    running = {"7"}
    keys = Keys(tmp_path, alive=running.__contains__)
    made = keys.temporary(session="train-1", attempt="7")
    assert keys.lookup(made.access_key, made.session_token) == made
    running.clear()
    assert keys.lookup(made.access_key, made.session_token) is None


def test_they_end_with_time(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path, clock=clock)
    made = keys.temporary(session="train-1", lifetime=60)
    assert made.session_token is not None
    assert keys.expires(made.session_token) == clock.now + 60
    assert keys.lookup(made.access_key, made.session_token) == made
    clock.now += 60
    assert keys.lookup(made.access_key, made.session_token) is None


def test_no_two_are_equal(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    assert keys.temporary(session="a").access_key != keys.temporary(session="a").access_key


def test_tokens_cannot_be_changed_mixed_or_moved(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "1")
    one, two = keys.temporary(session="one"), keys.temporary(session="two")
    assert one.session_token is not None
    assert keys.lookup(one.access_key, two.session_token) is None
    assert keys.lookup(one.access_key) is None
    assert keys.lookup(keys.root.access_key, one.session_token) is None
    for place in (0, 40, len(one.session_token) // 2):
        letter = "B" if one.session_token[place] == "A" else "A"
        forged = one.session_token[:place] + letter + one.session_token[place + 1 :]
        assert keys.lookup(one.access_key, forged) is None
    for forged in ("", "x", "====", "é", "A" * 44):
        assert keys.lookup(one.access_key, forged) is None
    assert Keys(tmp_path / "2").lookup(one.access_key, one.session_token) is None


def test_a_broken_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"access_key": "x"}))
    with pytest.raises(StudioError, match=r"rm .*keys\.json"):
        Keys(tmp_path)


def test_session_names() -> None:
    assert session_name("anna maria/ü") == "anna-maria--"
    assert session_name("a") == "a-session"
    assert len(session_name("a" * 100)) == 64
