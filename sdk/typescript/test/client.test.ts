import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client, Failure, OutcomeUnknown, Rejected, StillOpen, TryAgain, UpdateRejected, Worker, WorkflowFailed } from "../src/index.js";
import { TestNode } from "../src/testing.js";

describe("servers that are no nodes", () => {
  let server: Server;
  let client: Client;
  let answer: (q: IncomingMessage, r: ServerResponse) => void;
  let seen: { url: string | undefined; headers: IncomingMessage["headers"]; body: string }[] = [];

  before(async () => {
    server = createServer((q, r) => {
      let body = "";
      q.on("data", (b: Buffer) => (body += b.toString()));
      q.on("end", () => {
        seen.push({ url: q.url, headers: q.headers, body });
        answer(q, r);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    client = new Client({ addresses: `127.0.0.1:${(server.address() as AddressInfo).port}`, patience: 50 });
  });
  after(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });

  const says = (status: number, headers: Record<string, string>, body: string) => {
    seen = [];
    answer = (_, r) => r.writeHead(status, headers).end(body);
  };

  test("a stream that breaks", async () => {
    const says = [': aion\n\nid: 7\n\nevent: A\ndata: {"n":1}\n\nid: 9\r\nevent: B\r\ndata: {}\r\n\r\nevent: half', "", "id: 12\nevent: C\ndata: {}\n\n", "event: D\ndata: nonsense\n\n"];
    seen = [];
    answer = (_, r) => {
      const text = says.shift();
      if (text) r.writeHead(200).end(text);
      else r.writeHead(503, { "Content-Type": "application/problem+json" }).end('{"code":"unavailable","outcome":"retry","status":503}');
    };
    const got: unknown[] = [];
    await assert.rejects(async () => {
      for await (const e of client.events(["A", "B"], { after: 3 })) got.push([e.id, e.name, e.data]);
    }, (e) => e instanceof OutcomeUnknown && e.message.includes("cannot be read"));
    assert.deepEqual(got, [[0, "A", { n: 1 }], [9, "B", {}], [12, "C", {}]]);
    assert.deepEqual(seen.map((s) => s.url), [3, 9, 9, 12].map((n) => `/v1/events?after=${n}&names=A%2CB`));
    answer = (_, r) => r.writeHead(403, { "Content-Type": "application/problem+json" }).end('{"code":"permission_denied","outcome":"rejected","status":403}');
    await assert.rejects(client.events().next(), Rejected);
    answer = (_, r) => r.writeHead(200).end(); // a server that ends each stream at once
    await assert.rejects(client.events().next(), TryAgain);
    answer = (_, r) => void r.writeHead(200).write(": aion\n\n"); // one that says nothing
    const over = new AbortController();
    const next = client.events([], { signal: over.signal }).next();
    setTimeout(() => over.abort(new Error("enough")), 20);
    await assert.rejects(next, /enough/);
  });

  test("no JSON", async () => {
    for (const body of ["hello", "[1]", ""]) {
      says(200, {}, body);
      await assert.rejects(client.describe("x"), OutcomeUnknown);
    }
  });

  test("no node", async () => {
    says(404, { "Content-Type": "text/html" }, "<html>");
    await assert.rejects(client.describe("x"), (e) => e instanceof Rejected && e.code === "misdirected");
  });

  test("a redirect is not followed", async () => {
    says(307, { Location: "http://elsewhere/" }, "");
    await assert.rejects(client.describe("x"), (e) => e instanceof Rejected && e.code === "misdirected");
    assert.equal(seen.length, 1);
  });

  test("a proxy that is overloaded", async () => {
    says(503, {}, "try later");
    await assert.rejects(client.describe("x"), TryAgain);
    assert.ok(seen.length > 1);
  });

  test("what is sent", async () => {
    says(200, {}, '{"result":1}');
    await client.query("a/b ä", "q?", { x: null });
    await client.signal("w", "s");
    assert.equal(seen[0]!.url, "/v1/workflows/a%2Fb%20%C3%A4/queries/q%3F");
    assert.equal(seen[0]!.body, '{"args":{"x":null}}');
    assert.equal(seen[0]!.headers["idempotency-key"], undefined);
    assert.equal(seen[1]!.headers["aion-request-generated"], "true");
    assert.equal(seen[1]!.body, "");
  });

  test("what no node would see is refused here", async () => {
    says(200, {}, "{}");
    for (const name of ["", ".", ".."]) await assert.rejects(client.describe(name), Rejected);
    await assert.rejects(client.start("t", NaN), Rejected);
    assert.equal(seen.length, 0);
    assert.throws(() => new Client({ token: "s3cret\n" }), (e: Error) => !e.message.includes("s3cret"));
  });

  test("a call that is aborted", async () => {
    answer = () => {}; // never
    await assert.rejects(client.describe("x", { signal: AbortSignal.timeout(20) }), (e: Error) => e.name === "TimeoutError");
  });
});

const binary = process.env["AION_NODE_BINARY"];
describe("on a node", { skip: binary ? false : "SKIPPED: there is no aion-node: name it by AION_NODE_BINARY" }, () => { // most of that is in sdk/conformance
  let node: TestNode;

  before(async () => {
    node = await TestNode.start();
    await node.deploy(fileURLToPath(new URL("../../../conformance/workflows", import.meta.url)));
  });
  after(() => node?.close());

  test("results and errors", async () => {
    const c = node.client();
    assert.deepEqual(await c.execute("echo", { a: [1] }), { a: [1] });
    await assert.rejects(c.execute("echo", { fail: "told to" }), (e) => e instanceof WorkflowFailed && e.status === "failed" && e.error.message === "told to");
    const a = await c.start("talk", undefined, { workflowId: "open", attributes: { city: "Bern" } });
    await assert.rejects(c.result("open", { wait: 10 }), StillOpen);
    assert.equal(await c.update("open", "add", "one"), 1);
    await assert.rejects(c.update("open", "add", 5), UpdateRejected);
    const runs: string[] = [];
    for await (const r of c.runs({ attributes: { city: "Bern" } })) runs.push(r.run_id);
    assert.deepEqual(runs, [a.run_id]);
    await c.signal("open", "stop");
    assert.deepEqual(await c.result("open"), ["one"]);
  });

  test("many starts", async () => {
    const replies = await node.client().startMany(Array.from({ length: 1200 }, (_, n) => ({ type: "echo", input: n })));
    assert.ok(replies.every((r) => r.ok));
    assert.equal(new Set(replies.map((r) => r.run_id)).size, 1200);
  });

  test("what handlers throw, and outputs that are no JSON", async () => {
    const quiet = { info: () => {}, warn: () => {}, error: () => {} };
    const worker = new Worker({
      client: node.client(), queue: "odd", logger: quiet,
      activities: { work: () => { throw new RangeError("by hand"); }, other: (input) => { if (input === "text") throw "a text"; return NaN; } },
    });
    const over = worker.run();
    const step = (o: object) => node.client().execute<Record<string, unknown>>("step", { queue: "odd", options: { retry: { max_attempts: 1 } }, ...o });
    const thrown = await step({});
    assert.deepEqual([thrown["kind"], thrown["message"], (thrown["details"] as { exception: string }).exception], ["failed", "by hand", "RangeError"]);
    assert.equal((await step({ activity: "other" }))["kind"], "invalid_output");
    assert.equal((await step({ activity: "other", input: "text" }))["message"], "a text");
    worker.stop();
    await over;
    assert.equal(worker.stats.failed, 3);
  });

  test("a worker that is refused says so", async () => {
    const worker = new Worker({ client: node.client({ namespace: "nowhere" }), activities: { work: () => null } });
    await assert.rejects(worker.run(), Rejected);
  });

  test("a worker that cannot work says so", async () => {
    assert.throws(() => new Worker({ lease: 10 }), RangeError);
    assert.throws(() => new Worker({ concurrency: 0 }), RangeError);
    assert.throws(() => new Worker({ activities: { x: () => 1 } }).handle("x", () => 2), TypeError);
    await assert.rejects(new Worker().run());
    assert.equal(new Failure("x").retryable, false);
  });
});
