"""An event loop in a thread of its own, for those who block."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from typing import Any, AsyncIterator, Awaitable, Callable, Coroutine, Iterator, TypeVar

from ._client import AsyncClient

T = TypeVar("T")

_orphans: list[object] = []  # of the process that this one was forked from: see Core.forget


class LoopThread:
    """A daemon thread with an event loop."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()

    def submit(self, work: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(5)


class Blocking:
    """What the blocking client stands on: an AsyncClient in a thread. The thread begins with the first call, and anew after a fork."""

    def __init__(self, client: AsyncClient) -> None:
        self.config = client.config
        self._client = client
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._pid = 0

    def close(self) -> None:
        """Closes connections, and ends the client's thread. A later call begins anew."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None and self._pid == os.getpid():
                thread.submit(self._end()).result(5)
                thread.stop()

    async def _end(self) -> None:
        """Ends what other threads still wait for, such as the next event of a stream."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def _start(self) -> LoopThread:
        with self._lock:
            if self._thread is None or self._pid != os.getpid():
                if self._thread is not None:  # after a fork neither the thread nor its connections are ours
                    _orphans.append((self._thread, self._client._core.forget()))
                self._thread, self._pid = LoopThread("aion-client"), os.getpid()
            return self._thread

    def _run(self, ask: Callable[[AsyncClient], Awaitable[T]]) -> T:
        async def work() -> T:
            return await ask(self._client)

        future = self._start().submit(work())
        try:
            return future.result()
        except BaseException:  # KeyboardInterrupt: the node learns that nobody waits
            future.cancel()
            raise

    def _iterate(self, ask: Callable[[AsyncClient], AsyncIterator[T]]) -> Iterator[T]:
        items, thread = ask(self._client), None
        try:
            while True:
                thread = self._start()
                try:
                    yield self._run(lambda _: items.__anext__())
                except StopAsyncIteration:
                    return
                except concurrent.futures.CancelledError:
                    if thread is self._thread:
                        raise
                    return  # the client was closed
        finally:
            if thread is not None and thread is self._thread and self._pid == os.getpid():  # a stream that is left keeps no connection
                thread.submit(items.aclose())  # type: ignore[attr-defined]
