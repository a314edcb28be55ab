"""Making a run's files objects of the bucket: all of them, whole, again if need be."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Mapping, Sequence

from ..bucket.objects import Objects
from ..errors import AwsError
from .contract import Publication

PATIENCE = 900.0  # seconds to wait for a bucket that does not answer
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


async def publish(objects: Objects, items: Sequence[Publication]) -> Mapping[str, str]:
    """Publish each item; returns roles to S3 URIs.

    Publishing an item twice leaves one whole object, so a daemon that died on the way starts over.

    Raises:
        AwsError: the bucket is gone or refuses.
        OSError: no answer for ``PATIENCE``, or no room. Either way nothing stays published.
    """
    found: dict[str, str] = {}
    done: list[Publication] = []
    try:
        for item in items:
            await _insist(objects, item)
            done.append(item)
            found[item.role] = f"s3://{item.bucket}/{item.key}"
    except (AwsError, OSError):
        for item in done:
            with contextlib.suppress(AwsError, OSError):
                await asyncio.to_thread(objects.delete, item.bucket, item.key)
        raise
    return found


async def _insist(objects: Objects, item: Publication) -> None:
    loop = asyncio.get_running_loop()
    patience, pause = loop.time() + PATIENCE, 0.1
    while True:
        try:
            await asyncio.to_thread(objects.publish, item.path, item.bucket, item.key)
            return
        except AwsError as error:
            if error.status < 500 or loop.time() > patience:
                raise
        except OSError as error:
            limit = 10.0 if error.errno in FULL else PATIENCE
            if error.errno == errno.ENOENT or loop.time() > patience - PATIENCE + limit:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, 10.0)
