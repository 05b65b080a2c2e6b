#!/usr/bin/env python3
"""Writes src/aion/_sync.py, the blocking client, from src/aion/_client.py: the same calls with the same arguments. ``--check`` only compares."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "src" / "aion"

HEAD = '''"""The blocking client. Made from ``_client.py`` by ``scripts/sync_client.py``: change that one."""

from __future__ import annotations

import os
from typing import Any, Iterable, Iterator, Mapping, Sequence

from . import _core
from ._client import AsyncClient
from ._loop import Blocking
from ._values import ABSENT, Duration
from .types import Event, Outcome, Retry, Run, Start, Started, StartReply, StreamEvent, Task, TaskReply, UpdateState


class Client(Blocking):
    """Calls a cluster, and blocks until there is an answer. Threads may share it, and a process that was forked may go on with it.

    The arguments and the calls are those of :class:`aion.AsyncClient`.
    """

    def __init__(
        self,
        addresses: str | Sequence[str] = (_core.DEFAULT_ADDRESS,),
        *,
        token: str | None = None,
        namespace: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        cert_file: str | os.PathLike[str] | None = None,
        key_file: str | os.PathLike[str] | None = None,
        actor: str | None = None,
        patience: float = 30.0,
        connect_timeout: float = 5.0,
    ) -> None:
        super().__init__(
            AsyncClient(
                addresses, token=token, namespace=namespace, ca_file=ca_file, cert_file=cert_file, key_file=key_file, actor=actor, patience=patience,
                connect_timeout=connect_timeout,
            )
        )

    @classmethod
    def from_env(cls, **options: Any) -> "Client":
        """A client as AION_ADDR, AION_TOKEN, AION_NAMESPACE, AION_CA_FILE, AION_CLIENT_CERT and AION_CLIENT_KEY say, as for the command line."""
        return cls(**{**_core.config_from_env(), **options})

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
'''


def method(source: str, f: ast.AsyncFunctionDef) -> str:
    """One method that has the other client do the same."""
    lines = source.splitlines()[f.lineno - 1 : f.body[0].lineno - 1]
    head = "\n".join(lines).replace("async def", "def", 1).replace("AsyncIterator", "Iterator")
    names = [a.arg for a in f.args.args[1:]] + [f"{a.arg}={a.arg}" for a in f.args.kwonlyargs]
    streams = any(isinstance(n, ast.Yield) for n in ast.walk(f))
    run = "_iterate" if streams else "_run"
    doc = (ast.get_docstring(f, clean=False) or "").replace("await client.", "client.")
    return f'{head}\n        """{doc}"""\n        return self.{run}(lambda c: c.{f.name}({", ".join(names)}))\n'


def made() -> str:
    source = (HERE / "_client.py").read_text()
    cls = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == "AsyncClient")
    methods = [n for n in cls.body if isinstance(n, ast.AsyncFunctionDef) and not n.name.startswith("_") and n.name != "aclose"]
    return HEAD + "\n" + "\n".join(method(source, f) for f in methods)


if __name__ == "__main__":
    target = HERE / "_sync.py"
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if target.read_text() == made() else f"{target} is not what scripts/sync_client.py makes of _client.py: run it")
    target.write_text(made())
