from __future__ import annotations

import base64
import contextlib
import hashlib
import random
import zlib

import pytest

from studio_ext.bucket.payload import ChunkedPayload, ChunkSigner, PlainPayload
from studio_ext.errors import AwsError

CONTENT = bytes(range(256)) * 40
CRC = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big")).decode()
EMPTY = hashlib.sha256(b"").hexdigest()


def through(payload: PlainPayload | ChunkedPayload, body: bytes, step: int) -> bytes:
    out = b"".join(payload.feed(body[start : start + step]) for start in range(0, len(body), step))
    held = payload.end()
    assert held or not out  # something is kept back until the end
    return out + held


def chunked(*sizes: int, trailers: str = "", signer: ChunkSigner | None = None) -> bytes:
    body, place, previous = b"", 0, "seed"
    for size in (*sizes, 0):
        piece = CONTENT[place : place + size]
        place += size
        mark = ""
        if signer is not None:
            digest = hashlib.sha256(piece).hexdigest()
            previous = signer.sign("PAYLOAD", previous, EMPTY, digest)
            mark = f";chunk-signature={previous}"
        body += f"{size:x}{mark}\r\n".encode() + piece + (b"\r\n" if size else b"")
    if trailers:
        body += f"{trailers}\r\n".encode()
        if signer is not None:
            digest = hashlib.sha256(f"{trailers}\n".encode()).hexdigest()
            mark = signer.sign("TRAILER", previous, digest)
            body += f"x-amz-trailer-signature:{mark}\r\n".encode()
    return body + b"\r\n"


SIZES = (4096, 1, 2000, len(CONTENT) - 6097)
TRAILER = {"x-amz-trailer": "x-amz-checksum-crc32"}


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_chunks_in_any_pieces(step: int) -> None:
    body = chunked(*SIZES, trailers=f"x-amz-checksum-crc32:{CRC}")
    payload = ChunkedPayload(len(CONTENT), TRAILER)
    assert through(payload, body, step) == CONTENT
    assert payload.checksums == {"x-amz-checksum-crc32": CRC}


@pytest.mark.parametrize("trailers", ["", f"x-amz-checksum-crc32:{CRC}"])
def test_signed_chunks(trailers: str) -> None:
    signer = ChunkSigner.of("secret", "20261122", "us-east-1", "20261122T000000Z")
    body = chunked(*SIZES, trailers=trailers, signer=signer)
    headers = TRAILER if trailers else {}

    def payload() -> ChunkedPayload:
        return ChunkedPayload(len(CONTENT), headers, signer=signer, seed="seed")

    assert through(payload(), body, 500) == CONTENT
    place = body.index(CONTENT[:50]) + 10
    for wrong in (
        body[:place] + b"!" + body[place + 1 :],
        body.replace(b"signature=", b"signature=0", 1)[:-1],
        chunked(*SIZES, trailers=trailers),
    ):
        with pytest.raises(AwsError) as caught:
            through(payload(), wrong, 500)
        assert caught.value.code in ("SignatureDoesNotMatch", "InvalidChunkError")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (chunked(*SIZES, trailers="x-amz-checksum-crc32:AAAAAA=="), "BadDigest"),
        (chunked(*SIZES), "InvalidChunkError"),  # the announced trailer is missing
        (chunked(*SIZES)[:-2], "IncompleteBody"),
        (chunked(100), "IncompleteBody"),
        (chunked(*SIZES, 1), "InvalidChunkError"),  # a chunk without its byte
        (b"zz\r\n", "InvalidChunkError"),
        (b"-5\r\n", "InvalidChunkError"),
        (b"1\r\nab\r\n0\r\n\r\n", "InvalidChunkError"),
        (b"a" * 20_000, "InvalidChunkError"),
        (b"0\r\n" + b"a:b\r\n" * 3 + b"nonsense\r\n\r\n", "InvalidChunkError"),
    ],
)
def test_wrong_chunks(body: bytes, code: str) -> None:
    if code == "IncompleteBody" and body.endswith(b"0\r\n\r\n"):
        payload = ChunkedPayload(len(CONTENT) + 7, {})
    else:
        payload = ChunkedPayload(len(CONTENT), TRAILER)
    with pytest.raises(AwsError) as caught:
        through(payload, body, 333)
    assert caught.value.code == code


def test_noise_never_raises_anything_else() -> None:
    noise = random.Random(7)
    whole = chunked(*SIZES, trailers=f"x-amz-checksum-crc32:{CRC}")
    for _ in range(200):
        body = bytearray(whole)
        for _ in range(noise.randrange(1, 4)):
            body[noise.randrange(len(body))] = noise.randrange(256)
        payload = ChunkedPayload(len(CONTENT), TRAILER)
        with contextlib.suppress(AwsError):
            assert through(payload, bytes(body), 1024) == CONTENT


def test_plain() -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    payload = PlainPayload(len(CONTENT), digest, {"x-amz-checksum-crc32": CRC})
    assert through(payload, CONTENT, 1000) == CONTENT
    for wrong, code in (
        (PlainPayload(len(CONTENT), "0" * 64, {}), "XAmzContentSHA256Mismatch"),
        (PlainPayload(len(CONTENT) + 1, None, {}), "IncompleteBody"),
        (PlainPayload(len(CONTENT), None, {"x-amz-checksum-sha1": "x"}), "BadDigest"),
    ):
        with pytest.raises(AwsError) as caught:
            through(wrong, CONTENT, 1000)
        assert caught.value.code == code
