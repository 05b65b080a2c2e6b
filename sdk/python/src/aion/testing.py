"""For tests: a node of one's own, and a handler without a node."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable

from ._sync import Client
from ._values import encode
from .activity import Activity, Attempt, Handler
from .types import Task


class Node:
    """A node from the binary ``aion-node``, on free ports of this machine, whose data goes with it.

    The binary is ``binary``, else that of AION_NODE_BINARY, else the one in PATH.

        with Node() as node:
            node.deploy("workflows/order")
            assert node.client().execute("order", {"id": 1}) == {"shipped": True}
    """

    def __init__(self, binary: str | os.PathLike[str] | None = None) -> None:
        found = os.fspath(binary) if binary else os.environ.get("AION_NODE_BINARY") or shutil.which("aion-node")
        if not found:
            raise FileNotFoundError("there is no aion-node: name it by AION_NODE_BINARY, or have it in PATH")
        self.binary = found
        self.address = ""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[Client] = []

    def __enter__(self) -> "Node":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, within: float = 30.0) -> None:
        """Starts the node, and waits until it serves."""
        self._folder = tempfile.TemporaryDirectory(prefix="aion-test-")
        http, raft, gossip = (f"127.0.0.1:{p}" for p in _free_ports(3))
        self.address = http
        env = {k: v for k, v in os.environ.items() if not k.startswith("AION_")}
        env |= {"AION_HTTP_ADDRESS": http, "AION_RAFT_ADDRESS": raft, "AION_GOSSIP_ADDRESS": gossip, "AION_NODE_DATA_DIR": str(Path(self._folder.name) / "data")}
        log = open(Path(self._folder.name) / "log", "wb")
        self._process = subprocess.Popen([self.binary, "serve"], env=env, stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + within
        while True:
            try:
                with urllib.request.urlopen(f"http://{http}/health/ready", timeout=2):
                    return
            except OSError as e:
                if self._process.poll() is not None or time.monotonic() > until:
                    said = self.log()[-2000:]
                    self.close()
                    raise RuntimeError(f"the node did not become ready: {e}\n{said}") from e
            time.sleep(0.02)

    def log(self) -> str:
        """What the node has said."""
        return (Path(self._folder.name) / "log").read_text(errors="replace") if self._folder else ""

    def client(self, **options: Any) -> Client:
        """A client of the node, which is closed with it."""
        c = Client(self.address, **options)
        self._clients.append(c)
        return c

    def deploy(self, project: str | os.PathLike[str]) -> None:
        """Packs a project, a folder with workflow.toml, and deploys it."""
        assert self._folder is not None, "the node is not started"
        archive = Path(self._folder.name) / "package.aion"
        packed = subprocess.run([self.binary, "package", os.fspath(project), "--out", str(archive)], capture_output=True, text=True)
        if packed.returncode:
            raise ValueError(packed.stderr.strip())
        self.client().deploy(archive)

    def close(self) -> None:
        """Ends the node, and deletes its data."""
        for c in self._clients:
            c.close()
        self._clients.clear()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
            self._process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class ActivityRun:
    """Carries out one attempt at an activity without a node.

        run = ActivityRun(convert, {"pages": 3}, details=2)
        assert run.result() == 3 and run.heartbeats == [3]
    """

    def __init__(self, function: Activity | Callable[..., Any], input: Any = None, *, attempt: int = 1, details: Any = None) -> None:
        name = function.name if isinstance(function, Activity) else function.__name__
        task = Task("test", "test", "test-run", "test", name, 1, attempt, input, details, None, None, None, {})
        self.attempt = Attempt(task)
        self.heartbeats: list[Any] = []
        self._handler = Handler(function)
        self.attempt._on_details = lambda b: self.heartbeats.append(json.loads(b))

    def end(self, cause: str = "cancelled") -> None:
        """Ends the attempt, as a node or the worker would: ``cancelled``, ``lease_lost``, ``timeout``, ``stopped``."""
        self.attempt._end(cause)

    def result(self) -> Any:
        """What the handler returns, as the workflow would see it. Raises what the handler raises."""
        value = asyncio.run(self._handler.acall(self.attempt)) if self._handler.is_async else self._handler.call(self.attempt)
        return json.loads(encode(value))


def _free_ports(n: int) -> list[int]:
    """Ports that nobody listens on, neither with TCP nor with UDP."""
    held: list[socket.socket] = []
    ports: list[int] = []
    try:
        while len(ports) < n:
            t = socket.socket()
            t.bind(("127.0.0.1", 0))
            held.append(t)
            u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            held.append(u)
            try:
                u.bind(t.getsockname())
            except OSError:
                continue
            ports.append(t.getsockname()[1])
        return ports
    finally:
        for s in held:
            s.close()
