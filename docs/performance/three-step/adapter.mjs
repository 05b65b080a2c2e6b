// The public set-up for comparing workflow engines, for Aion: a workflow with three steps one after
// another, each of which returns a number. It needs Node 20 or newer, or Deno, and aion-node, in PATH
// or named by BINARY.
//
//   node adapter.mjs                             measures a node of its own, and removes it
//   AION_ADDR=127.0.0.1:7600 node adapter.mjs    measures a cluster that runs already
//
// prints one JSON document. As a module it exports `adapter`, with what the harness in
// benchmarks/competitors of github.com/windmill-labs/windmill asks of every engine: copy this folder
// there as `aion`, and add the adapter to competitor_suite.ts.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const folder = fileURLToPath(new URL(".", import.meta.url));
const binary = process.env.BINARY ?? "aion-node";
const pollers = 8; // calls of this worker that wait for tasks

let address = process.env.AION_ADDR?.split(",")[0];
let node, data, version; // of a node of its own; and the version that was deployed
let stop; // of the worker
let polling = [];

async function freePort() {
  const s = createServer();
  await new Promise((done) => s.listen(0, "127.0.0.1", done));
  const { port } = s.address();
  await new Promise((done) => s.close(done));
  return `127.0.0.1:${port}`;
}

async function call(path, body, signal) {
  const resp = await fetch(`http://${address}${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });
  const text = await resp.text();
  if (!resp.ok) throw new Error(`${path}: ${resp.status} ${text}`);
  return JSON.parse(text);
}

async function cli(...args) {
  const { stdout } = await promisify(execFile)(binary, [...args, "--addr", address, "--json"]);
  return JSON.parse(stdout);
}

// work takes tasks and returns their inputs, until the worker is stopped.
async function work(signal) {
  while (!signal.aborted) {
    try {
      const request = { worker_id: `adapter-${process.pid}`, activities: ["step"], max_tasks: 200, wait: "30s", lease: "30s" };
      const { tasks } = await call("/v1/queues/three-step/poll", request, signal);
      if (tasks.length > 0) {
        await call("/v1/tasks/complete", { results: tasks.map((t) => ({ token: t.token, output: t.input })) }, signal);
      }
    } catch (e) {
      if (signal.aborted) return;
      console.error(e); // a lease that ends gives the tasks back
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

async function runOne() {
  const a = await call("/v1/workflows?wait=30s", { type: "three-step" });
  if (a.status !== "completed") throw new Error(`a run is ${a.status}: ${JSON.stringify(a.error)}`);
  return a.result;
}

export const adapter = {
  name: "aion",
  composeFile: "",

  async setup() {
    if (!address) {
      data = await mkdtemp(join(tmpdir(), "aion-adapter-"));
      address = await freePort();
      const [raft, gossip] = [await freePort(), await freePort()];
      const args = ["serve", "--data-dir", data, "--http-address", address, "--raft-address", raft, "--gossip-address", gossip, "--log-level", "warn"];
      node = spawn(binary, args, { stdio: ["ignore", "ignore", "inherit"] });
    }
    for (let tries = 0; ; tries++) {
      const resp = await fetch(`http://${address}/health/ready`).catch((e) => e);
      if (resp.ok) return;
      if (tries === 300) throw new Error(`no node is ready at ${address}: ${resp.status ?? resp}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  },

  async deployWorkflow() {
    ({ version } = await cli("deploy", folder));
    stop = new AbortController();
    polling = Array.from({ length: pollers }, () => work(stop.signal));
  },

  async triggerOne() {
    const began = performance.now();
    const result = await runOne();
    return { latencyMs: performance.now() - began, result };
  },

  async triggerBatch(n) {
    const began = performance.now();
    const results = await Promise.all(Array.from({ length: n }, runOne));
    return { totalMs: performance.now() - began, results };
  },

  async teardown() {
    stop?.abort();
    await Promise.all(polling);
    if (node) {
      node.kill("SIGKILL"); // its data is thrown away
      await new Promise((done) => (node.exitCode !== null || node.signalCode !== null ? done() : node.once("exit", done)));
      await rm(data, { recursive: true, force: true });
    } else if (version) {
      await cli("unroute", "three-step");
      await cli("unload", "three-step", version);
    }
  },

  async getVersion() {
    const resp = await fetch(`http://${address}/v1/cluster`);
    const { members } = await resp.json();
    return members.map((m) => m.version).join(", ");
  },
};

// quantile returns the least sample that at least the share q of all does not exceed.
const quantile = (sorted, q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];

async function main() {
  try {
    await adapter.setup();
    await adapter.deployWorkflow();
    const { latencyMs: cold_start_ms, result } = await adapter.triggerOne();
    for (let i = 0; i < 5; i++) await adapter.triggerOne();
    const samples = [];
    for (let i = 0; i < 100; i++) samples.push((await adapter.triggerOne()).latencyMs);
    samples.sort((a, b) => a - b);
    const { totalMs } = await adapter.triggerBatch(200);
    const summary = {
      engine: adapter.name, version: await adapter.getVersion(), result, cold_start_ms,
      samples: samples.length, median_ms: quantile(samples, 0.5), p95_ms: quantile(samples, 0.95),
      batch: 200, batch_ms: totalMs, per_second: 200_000 / totalMs,
    };
    console.log(JSON.stringify(summary));
  } finally {
    await adapter.teardown();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
