"""A mailbox gives everything in order, or says that it cannot."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from studio_ext.pages.mailbox import Mailbox


def play(scene: Any) -> None:
    asyncio.run(asyncio.wait_for(scene(), 10))


def test_messages_come_together_in_order() -> None:
    async def scene() -> None:
        mailbox = Mailbox()
        mailbox.put("a")
        mailbox.put("b")
        assert await anext(mailbox) == ["a", "b"]
        asyncio.get_running_loop().call_later(0.01, mailbox.put, "c")
        assert await anext(mailbox) == ["c"]

    play(scene)


def test_who_falls_behind_is_told_to_look_again() -> None:
    async def scene() -> None:
        mailbox = Mailbox(limit=3)
        for number in range(1000):
            mailbox.put(str(number))
            assert len(mailbox._messages) <= 3
        assert await anext(mailbox) == []
        mailbox.put("after")
        assert await anext(mailbox) == ["after"]

    play(scene)


def test_what_is_under_way_gives_way_to_a_new_look() -> None:
    async def scene() -> None:
        mailbox = Mailbox()
        mailbox.put("a")
        mailbox.lose()
        mailbox.put("b")
        assert await anext(mailbox) == []

    play(scene)


def test_closing_ends_it_for_one_who_waits() -> None:
    async def scene() -> None:
        mailbox = Mailbox()
        mailbox.put("a")
        mailbox.close()
        mailbox.put("b")
        assert [each async for each in mailbox] == []
        waiting = Mailbox()
        reader = asyncio.create_task(anext(waiting))
        await asyncio.sleep(0)
        waiting.close()
        with pytest.raises(StopAsyncIteration):
            await reader

    play(scene)
