// For tests: a node of one's own.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { openSync, closeSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client.js";
import type { ClientOptions } from "./core.js";

/**
 * A node from the binary `aion-node`, on free ports of this machine, whose data goes with it. The binary is the one given, else that of
 * AION_NODE_BINARY, else the one in PATH.
 */
export class TestNode {
  private readonly clients: Client[] = [];

  private constructor(readonly address: string, private readonly binary: string, private readonly folder: string, private readonly child: ChildProcess) {}

  /** Starts a node, and waits until it serves. */
  static async start(o: { binary?: string; within?: number } = {}): Promise<TestNode> {
    const binary = o.binary ?? process.env["AION_NODE_BINARY"] ?? "aion-node";
    const folder = await mkdtemp(join(tmpdir(), "aion-test-"));
    const [http, raft, gossip] = (await freePorts(3)).map((p) => `127.0.0.1:${p}`) as [string, string, string];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AION_")));
    Object.assign(env, { AION_HTTP_ADDRESS: http, AION_RAFT_ADDRESS: raft, AION_GOSSIP_ADDRESS: gossip, AION_NODE_DATA_DIR: join(folder, "data") });
    const log = openSync(join(folder, "log"), "w");
    const child = spawn(binary, ["serve"], { env, stdio: ["ignore", log, log] });
    closeSync(log);
    let failed: Error | undefined;
    child.on("error", (e) => (failed = e));
    const node = new TestNode(http, binary, folder, child);
    for (const until = performance.now() + (o.within ?? 30_000); ; await sleep(20)) {
      const ready = await fetch(`http://${http}/health/ready`).then((r) => r.ok, () => false);
      if (ready) return node;
      if (failed || child.exitCode !== null || performance.now() > until) {
        const said = (await node.log()).slice(-2000);
        await node.close();
        throw new Error(`the node did not become ready: ${failed?.message ?? ""}\n${said}`);
      }
    }
  }

  /** What the node has said. */
  log(): Promise<string> {
    return readFile(join(this.folder, "log"), "utf8");
  }

  /** A client of the node, which is closed with it. */
  client(o: ClientOptions = {}): Client {
    const c = new Client({ addresses: this.address, ...o });
    this.clients.push(c);
    return c;
  }

  /** Packs a project, a folder with workflow.toml, and deploys it. */
  async deploy(project: string): Promise<void> {
    const archive = join(this.folder, "package.aion");
    await promisify(execFile)(this.binary, ["package", project, "--out", archive]);
    await this.client().deploy(archive);
  }

  /** Ends the node, and deletes its data. */
  async close(): Promise<void> {
    for (const c of this.clients.splice(0)) c.close();
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGKILL");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Ports that nobody listens on. All are held until all are found. */
async function freePorts(n: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: n }, () => new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const s = createServer().once("error", reject).listen(0, "127.0.0.1", () => resolve(s));
  })));
  const ports = servers.map((s) => (s.address() as { port: number }).port);
  await Promise.all(servers.map((s) => new Promise((resolve) => s.close(resolve))));
  return ports;
}
