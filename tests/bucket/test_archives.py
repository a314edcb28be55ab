from __future__ import annotations

import gzip
import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from studio_ext.bucket.archives import ArchiveError, pack, unpack


def make(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "xgboost-model").write_bytes(os.urandom(5000))
    (folder / "code/inference.py").write_text("print('hi')")
    (folder / "code/inference.py").chmod(0o755)
    return folder


def test_there_and_back(model: Path, tmp_path: Path) -> None:
    packed = pack(model, tmp_path / "out" / "model.tar.gz")
    assert (packed.files, packed.skipped) == (2, ())
    assert packed.size == (tmp_path / "out/model.tar.gz").stat().st_size
    back = tmp_path / "back"
    assert unpack(tmp_path / "out/model.tar.gz", back) == 2
    assert (back / "xgboost-model").read_bytes() == (model / "xgboost-model").read_bytes()
    assert os.access(back / "code/inference.py", os.X_OK)
    assert (back / "empty").is_dir()


def test_equal_content_gives_equal_bytes_and_no_owner(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "1.tar.gz")
    pack(model, tmp_path / "2.tar.gz")
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "1.tar.gz") as tar:
        infos = tar.getmembers()
        assert [info.name for info in infos] == [
            "code",
            "code/inference.py",
            "empty",
            "xgboost-model",
        ]
        assert {(info.uid, info.gid, info.uname, info.gname) for info in infos} == {(0, 0, "", "")}


def test_links_and_odd_files(model: Path, tmp_path: Path) -> None:
    (model / "latest").symlink_to("xgboost-model")
    (model / "hard").hardlink_to(model / "xgboost-model")
    (model / "outside").symlink_to("/etc/passwd")
    (model / "loop").symlink_to(".")
    os.mkfifo(model / "fifo")
    packed = pack(model, tmp_path / "model.tar.gz")
    assert [entry.split(":")[0] for entry in packed.skipped] == ["fifo", "loop", "outside"]
    assert unpack(tmp_path / "model.tar.gz", tmp_path / "back") == 4
    assert (tmp_path / "back/latest").read_bytes() == (model / "xgboost-model").read_bytes()
    assert not (tmp_path / "back/latest").is_symlink()


def test_a_failed_pack_leaves_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(OSError, match="No space left"):
        pack(model, tmp_path / "out" / "model.tar.gz")
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (member("../evil"), "leads out"),
        (member("a/../../evil"), "leads out"),
        (member("/etc/evil"), "relative name"),
        (member("a\\..\\evil"), "relative name"),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
        (member("link", tarfile.SYMTYPE, "ok"), "is a link"),
        (member("hard", tarfile.LNKTYPE, "ok"), "is a link"),
        (member("fifo", tarfile.FIFOTYPE), "is a device or fifo"),
        (member("null", tarfile.CHRTYPE), "is a device or fifo"),
        (member("ok"), "there twice"),
        (member("ok/below"), "both a file and a folder"),
    ],
)
def test_hostile_members_are_named_and_nothing_stays(
    tmp_path: Path, info: tarfile.TarInfo, words: str
) -> None:
    archive = make(tmp_path / "bad.tar.gz", (member("ok"), b"1"), (info, b""))
    with pytest.raises(ArchiveError, match=words) as caught:
        unpack(archive, tmp_path / "room" / "model")
    assert caught.value.member == info.name
    assert repr(info.name) in caught.value.message
    assert os.listdir(tmp_path / "room") == []
    assert not (tmp_path / "evil").exists()


def test_a_bomb_is_bounded_by_bytes_and_by_members(tmp_path: Path) -> None:
    archive = make(tmp_path / "bomb.tar.gz", (member("zeros"), b"\0" * 10_000_000))
    assert archive.stat().st_size < 20_000
    with pytest.raises(ArchiveError, match="at most 1000000 bytes"):
        unpack(archive, tmp_path / "out", max_bytes=1_000_000)
    many = make(tmp_path / "many.tar.gz", *[(member(f"f{i}"), b"") for i in range(20)])
    with pytest.raises(ArchiveError, match="at most 10 members"):
        unpack(many, tmp_path / "out", max_members=10)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("cut", [0, 10, 200, -9])
def test_a_broken_archive_is_named(tmp_path: Path, model: Path, cut: int) -> None:
    pack(model, tmp_path / "model.tar.gz")
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes((tmp_path / "model.tar.gz").read_bytes()[:cut])
    with pytest.raises(ArchiveError, match=r"broken\.tar\.gz: is no whole tar"):
        unpack(broken, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_not_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(gzip.compress(b"some text, and no tar at all" * 100))
    with pytest.raises(ArchiveError, match="no whole tar"):
        unpack(path, tmp_path / "out")


def test_a_full_folder_is_not_mixed_with(tmp_path: Path, model: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    with pytest.raises(ArchiveError, match="not empty"):
        unpack(tmp_path / "model.tar.gz", model)


def test_packing_a_small_model_is_cheap(tmp_path: Path, model: Path) -> None:
    began = time.process_time()
    for _ in range(10):
        pack(model, tmp_path / "model.tar.gz")
    assert (time.process_time() - began) / 10 < 0.02
