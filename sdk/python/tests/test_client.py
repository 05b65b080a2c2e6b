"""The client against servers that are no nodes, and against a node."""

import asyncio
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aion
from aion import _http
from aion.testing import Node

BINARY = os.environ.get("AION_NODE_BINARY") or shutil.which("aion-node")
WORKFLOWS = Path(__file__).resolve().parents[2] / "conformance" / "workflows"


class Addresses(unittest.TestCase):
    def test_read(self) -> None:
        for text, private, want in (
            ("127.0.0.1:7600", True, "http://127.0.0.1:7600"), ("node:7600", False, "http://node:7600"), ("node:7600", True, "https://node:7600"),
            ("http://node:7600", True, "http://node:7600"), ("https://node/aion/", False, "https://node:443/aion"), ("[::1]:7600", True, "http://[::1]:7600"),
        ):
            self.assertEqual(str(_http.parse_address(text, private)), want)

    def test_refused(self) -> None:
        for text in ("", "node", "ftp://node:1", "node:0", "node:70000", "http://user:secret@node:1", "::1:7600", "http://node:1?x=1"):
            with self.assertRaises(ValueError, msg=text) as e:
                _http.parse_address(text, False)
            self.assertNotIn("secret", str(e.exception))

    def test_a_token_with_a_line_break(self) -> None:
        with self.assertRaises(ValueError) as e:
            aion.Client(token="s3cret\n")
        self.assertNotIn("s3cret", str(e.exception))
        self.assertNotIn("s3cret", repr(aion.Client(token="s3cret").config))


class Server(BaseHTTPRequestHandler):
    """Answers what the test wants."""

    protocol_version = "HTTP/1.1"
    answers: list[tuple[int, dict[str, str], bytes]] = []
    seen: list[tuple[str, str, dict[str, str], bytes]] = []

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).seen.append((self.command, self.path, dict(self.headers), body))
        status, headers, answer = type(self).answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Odd(unittest.TestCase):
    """Servers that are no nodes, and odd answers."""

    def setUp(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
        self.server.daemon_threads = True
        Server.answers, Server.seen = [], []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.client = aion.Client(f"127.0.0.1:{self.server.server_port}", patience=0.05)

    def tearDown(self) -> None:
        self.client.close()
        self.server.shutdown()
        self.server.server_close()

    def ask(self, status: int, headers: dict[str, str], body: bytes) -> Any:
        Server.answers = [(status, headers, body)] * 9
        return self.client.call("GET", "/v1/cluster")

    def test_events(self) -> None:
        head = {"Content-Type": "text/event-stream"}
        Server.answers = [
            (200, head, b': aion\n\nid: 7\n\nevent: A\ndata: {"n":1}\n\nid: 9\r\nevent: B\r\ndata: {}\r\n\r\nevent: half'),
            (503, {"Content-Type": "application/problem+json"}, b'{"code":"unavailable","outcome":"retry","status":503}'),
            (200, {**head, "Transfer-Encoding": "chunked"}, b"10\r\nid: 12\nevent: C\n\r\n9\r\ndata: {}\n\r\n1\r\n\n\r\n0\r\n\r\n"),
            (200, head, b"event: D\ndata: nonsense\n\n"),
        ]
        got = []
        with self.assertRaises(aion.OutcomeUnknown) as e:
            for event in self.client.events(["A", "B"], after=3):
                got.append((event.id, event.name, event.data))
        self.assertIn("cannot be read", str(e.exception))
        self.assertEqual(got, [(0, "A", {"n": 1}), (9, "B", {}), (12, "C", {})])
        self.assertEqual([path for _, path, _, _ in Server.seen], [f"/v1/events?after={n}&names=A%2CB" for n in (3, 9, 9, 12)])

    def test_events_that_are_refused(self) -> None:
        Server.answers = [(403, {"Content-Type": "application/problem+json"}, b'{"code":"permission_denied","outcome":"rejected","status":403}')]
        with self.assertRaises(aion.Rejected):
            next(iter(self.client.events()))
        Server.answers = [(200, {}, b"")] * 99  # a server that ends each stream at once
        with self.assertRaises(aion.TryAgain):
            next(iter(self.client.events()))

    def test_chunks(self) -> None:
        self.assertEqual(self.ask(200, {"Transfer-Encoding": "chunked"}, b'4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\nX: y\r\n\r\n'), {"a": 1})

    def test_no_json(self) -> None:
        for body in (b"hello", b"[1]", b""):
            with self.assertRaises(aion.OutcomeUnknown):
                self.ask(200, {}, body)

    def test_no_node(self) -> None:
        with self.assertRaises(aion.Rejected) as e:
            self.ask(404, {"Content-Type": "text/html"}, b"<html>")
        self.assertEqual(e.exception.code, "misdirected")

    def test_a_redirect_is_not_followed(self) -> None:
        with self.assertRaises(aion.Rejected) as e:
            self.ask(307, {"Location": "http://elsewhere/"}, b"")
        self.assertEqual((e.exception.code, len(Server.seen)), ("misdirected", 1))

    def test_a_proxy_that_is_overloaded(self) -> None:
        with self.assertRaises(aion.TryAgain):
            self.ask(503, {}, b"try later")
        self.assertGreater(len(Server.seen), 1)

    def test_problem(self) -> None:
        document = {"status": 409, "code": "already_running", "title": "t", "detail": "d", "outcome": "rejected", "run_id": "r"}
        with self.assertRaises(aion.Rejected) as e:
            self.ask(409, {"Content-Type": "application/problem+json"}, json.dumps(document).encode())
        self.assertEqual((e.exception.code, e.exception.status, e.exception.facts), ("already_running", 409, {"run_id": "r"}))
        again = pickle.loads(pickle.dumps(e.exception))
        self.assertEqual((type(again), again.facts), (aion.Rejected, {"run_id": "r"}))

    def test_what_is_sent(self) -> None:
        Server.answers = [(200, {}, b'{"result":1}'), (200, {}, b"{}")]
        self.client.query("a/b ä", "q?", {"x": None})
        self.client.signal("w", "s")
        (method, path, headers, body), (_, _, signal, nothing) = Server.seen
        self.assertEqual((method, path, body), ("POST", "/v1/workflows/a%2Fb%20%C3%A4/queries/q%3F", b'{"args":{"x":null}}'))
        self.assertNotIn("Idempotency-Key", headers)
        self.assertEqual((signal["Aion-Request-Generated"], nothing), ("true", b""))

    def test_names_that_no_path_can_have(self) -> None:
        for name in ("", ".", ".."):
            with self.assertRaises(aion.Rejected):
                self.client.describe(name)
        self.assertEqual(Server.seen, [])

    def test_no_json_is_sent(self) -> None:
        with self.assertRaises(aion.Rejected):
            self.client.start("t", float("nan"))
        self.assertEqual(Server.seen, [])

    def test_nobody_there(self) -> None:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            with aion.Client(f"127.0.0.1:{s.getsockname()[1]}", patience=0.05) as c:
                with self.assertRaises(aion.TryAgain) as e:
                    c.start("t")
        self.assertEqual(e.exception.code, "unavailable")


class Made(unittest.TestCase):
    def test_the_blocking_client_is_that_of_the_other(self) -> None:
        script = Path(__file__).resolve().parents[1] / "scripts" / "sync_client.py"
        done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


@unittest.skipUnless(BINARY, "SKIPPED: there is no aion-node: name it by AION_NODE_BINARY")
class OnANode(unittest.TestCase):
    """Most of what needs a node is in sdk/conformance, which plays it with this SDK."""

    node: Node

    @classmethod
    def setUpClass(cls) -> None:
        cls.node = Node()
        cls.node.start()
        cls.node.deploy(WORKFLOWS)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.node.close()

    def test_results_and_errors(self) -> None:
        c = self.node.client()
        self.assertEqual(c.execute("echo", {"a": [1]}), {"a": [1]})
        with self.assertRaises(aion.WorkflowFailed) as e:
            c.execute("echo", {"fail": "told to"})
        self.assertEqual((e.exception.status, e.exception.kind), ("failed", "failed"))
        a = c.start("talk", workflow_id="open", attributes={"city": "Bern"})
        with self.assertRaises(TimeoutError):
            c.result("open", wait=0.01)
        self.assertEqual(c.update("open", "add", "one").value(), 1)
        with self.assertRaises(aion.UpdateRejected):
            c.update("open", "add", 5).value()
        self.assertEqual([r.run_id for r in c.runs(attributes={"city": "Bern"})], [a.run_id])
        c.signal("open", "stop")
        self.assertEqual(c.result("open"), ["one"])

    def test_many_starts(self) -> None:
        replies = self.node.client().start_many(aion.Start("echo", n) for n in range(1200))
        self.assertEqual(([r.ok for r in replies], len({r.run_id for r in replies})), ([True] * 1200, 1200))

    def test_threads_share_a_client(self) -> None:
        c = self.node.client()
        got: list[Any] = []
        threads = [threading.Thread(target=lambda n=n: got.append(c.execute("echo", n))) for n in range(20)]  # type: ignore[misc]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(got), list(range(20)))

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_fork_goes_on_with_a_client(self) -> None:
        c = self.node.client()
        self.assertEqual(c.execute("echo", 1), 1)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = 0 if c.execute("echo", 2, wait=20) == 2 else 1
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual(c.execute("echo", 3), 3)

    def test_many_waits_at_once(self) -> None:
        async def main() -> list[Any]:
            async with aion.AsyncClient(self.node.address) as c:
                for n in range(50):
                    await c.start("talk", workflow_id=f"w{n}")
                results = [asyncio.ensure_future(c.result(f"w{n}")) for n in range(50)]
                for n in range(50):
                    await c.signal(f"w{n}", "say", n)
                    await c.signal(f"w{n}", "stop")
                return await asyncio.gather(*results)

        self.assertEqual(asyncio.run(main()), [[n] for n in range(50)])

    def test_a_wait_that_is_cancelled(self) -> None:
        async def main() -> str:
            async with aion.AsyncClient(self.node.address) as c:
                await c.start("talk", workflow_id="given-up")
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(c.result("given-up"), 0.1)
                return (await c.describe("given-up")).status

        self.assertEqual(asyncio.run(main()), "running")

    def test_a_worker_in_a_process_ends_with_sigterm(self) -> None:
        code = (
            "import sys, aion\n"
            "def work(_, attempt):\n"
            "    print('begun', flush=True)\n"
            "    attempt.wait(0.5)\n"
            "    return 'finished'\n"
            "w = aion.Worker(sys.argv[1], queue='sigterm').handle('work', work)\n"
            "w.run()\n"
            "print(w.stats.completed)\n"
        )
        source = str(Path(aion.__file__).resolve().parents[1])
        p = subprocess.Popen([sys.executable, "-c", code, self.node.address], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": source})
        assert p.stdout is not None
        c = self.node.client()
        c.start("step", {"queue": "sigterm"}, workflow_id="sigterm")
        self.assertEqual(p.stdout.readline(), "begun\n")
        p.terminate()
        self.assertEqual(p.communicate(timeout=60)[0], "1\n")
        self.assertEqual(p.returncode, 0)
        self.assertEqual(c.result("sigterm"), {"value": "finished"})

    def test_a_worker_that_is_refused_says_so(self) -> None:
        worker = aion.Worker(self.node.client(namespace="nowhere")).handle("work", lambda: None)
        with self.assertRaises(aion.Rejected):
            worker.run()

    def test_an_exception_tells_where(self) -> None:
        def work() -> None:
            raise ZeroDivisionError("by hand")

        worker = aion.Worker(self.node.client(), queue="stack").handle("work", work)
        t = threading.Thread(target=worker.run, daemon=True)
        t.start()
        with self.assertLogs("aion.worker", "ERROR"):
            got = self.node.client().execute("step", {"queue": "stack", "options": {"retry": {"max_attempts": 1}}})
        worker.stop()
        t.join()
        self.assertEqual((got["kind"], got["message"], got["details"]["exception"]), ("failed", "by hand", "ZeroDivisionError"))
        self.assertIn("in work", got["details"]["stack"])

    def test_an_output_that_is_no_json(self) -> None:
        worker = aion.Worker(self.node.client(), queue="nan").handle("work", lambda: float("nan"))
        t = threading.Thread(target=worker.run, daemon=True)
        t.start()
        got = self.node.client().execute("step", {"queue": "nan", "options": {"retry": {"max_attempts": 5}}})
        worker.stop()
        t.join()
        self.assertEqual(got["kind"], "invalid_output")


if __name__ == "__main__":
    unittest.main()
