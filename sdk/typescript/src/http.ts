// HTTP to one node, over connections that are kept.
//
// Two kinds of failures are told apart, because they mean different things for a call that changes something: NotSent, so nothing can have
// arrived, and Broken, so it may have. A request is never sent twice here, and no redirect is followed.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from "node:https";
import { BlockList, isIP } from "node:net";
import { type Problem, problem } from "./errors.js";

const maxLine = 4 << 20; // bytes of an answer that comes line by line

export class NotSent extends Error {}
export class Broken extends Error {}

/** Calling this node again would not help: its certificate is not accepted, or ours is not. Nothing was sent. */
export class Hopeless extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

export interface Response {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

export interface Tls {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
}

const local = new BlockList();
local.addSubnet("127.0.0.0", 8, "ipv4");
local.addAddress("::1", "ipv6");

/** Whether a host can only be this machine. Names below localhost may resolve to anything. */
export function loopback(host: string): boolean {
  const ip = host.replace(/^\[|\]$/g, "");
  return host === "localhost" || (isIP(ip) !== 0 && local.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4"));
}

/**
 * Parses host:port or a URL. A bare host:port is plain HTTP, unless it is beyond loopback and there is a secret to protect or a certificate to
 * expect: a token leaves this machine in the clear only if somebody wrote http://.
 */
export function parseAddress(address: string, hasSecret: boolean): URL {
  const text = address.trim();
  const shown = text.includes("@") ? "...@" + text.slice(text.lastIndexOf("@") + 1) : text; // what precedes it may be a password
  const wrong = new TypeError(`address ${JSON.stringify(shown)}: want host:port or a URL such as https://host:port`);
  const bare = !text.includes("://");
  if (bare && !/^(\[[^\]]+\]|[^:/?#@\s]+):\d+$/.test(text)) throw wrong;
  let u: URL;
  try {
    u = new URL(bare ? "http://" + text : text);
  } catch {
    throw wrong;
  }
  if (!["http:", "https:"].includes(u.protocol) || !u.hostname || u.username || u.password || u.search || u.hash || u.port === "0") throw wrong;
  if (bare && hasSecret && !loopback(u.hostname)) u = new URL("https://" + text);
  return u;
}

const connectCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "EHOSTDOWN"]);

/** The connections to one node. */
export class Node {
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly https: boolean;

  constructor(readonly address: URL, private readonly tls: Tls, private readonly connectTimeout: number) {
    this.https = address.protocol === "https:";
    const keep: AgentOptions = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256, timeout: 0, scheduling: "lifo" };
    this.agent = this.https ? new HttpsAgent({ ...keep, ...tls, minVersion: "TLSv1.2" }) : new HttpAgent(keep);
  }

  /** Sends one request and reads its answer. Aborting it closes the connection, so the node learns that nobody waits. */
  async request(method: string, target: string, headers: Record<string, string>, body: Buffer | undefined, signal: AbortSignal): Promise<Response> {
    return this.whole(await this.begin(this.agent, method, target, headers, body, signal));
  }

  /** Asks for an answer that lasts, over a connection of its own. Its body comes line by line, unless its status is an error's. Aborting it closes the connection. */
  async stream(target: string, headers: Record<string, string>, signal: AbortSignal): Promise<{ response: Response; body?: AsyncIterable<string> }> {
    const r = await this.begin(this.https ? new HttpsAgent({ ...this.tls, minVersion: "TLSv1.2" }) : new HttpAgent(), "GET", target, headers, undefined, signal);
    if (r.statusCode !== 200) return { response: await this.whole(r) };
    return { response: { status: 200, headers: r.headers, body: Buffer.alloc(0) }, body: this.lines(r) };
  }

  private async *lines(r: IncomingMessage): AsyncGenerator<string> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const part of r as AsyncIterable<Buffer>) {
        rest = rest.length ? Buffer.concat([rest, part]) : part;
        let from = 0;
        for (let end; (end = rest.indexOf(10, from)) >= 0; from = end + 1) yield rest.toString("utf8", from, end).replace(/\r$/, "");
        rest = rest.subarray(from);
        if (rest.length > maxLine) throw new Broken(`${this.address.host}: a line of an answer has more than ${maxLine} bytes`);
      }
    } catch (e) {
      throw e instanceof Broken ? e : this.failure(e as Error, true);
    }
  }

  /** Resolves with the head of the answer. */
  private begin(agent: HttpAgent | HttpsAgent, method: string, target: string, headers: Record<string, string>, body: Buffer | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      let connected = false;
      const options = {
        agent, method, signal, headers: { ...headers, ...(body || !["GET", "DELETE"].includes(method) ? { "Content-Length": String(body?.length ?? 0) } : {}) },
      };
      const req = (this.https ? httpsRequest : httpRequest)(new URL(this.address.href.replace(/\/+$/, "") + target), options);
      const connecting = setTimeout(() => {
        if (!connected) req.destroy(new NotSent(`${this.address.host}: no connection in time`));
      }, this.connectTimeout);
      req.on("socket", (socket) => {
        const ready = () => {
          connected = true;
          clearTimeout(connecting);
        };
        if (!socket.connecting) ready();
        else socket.once(this.https ? "secureConnect" : "connect", ready);
      });
      req.on("error", (e: NodeJS.ErrnoException) => {
        clearTimeout(connecting);
        reject(this.failure(e, connected));
      });
      req.on("response", resolve);
      req.end(body);
    });
  }

  private whole(r: IncomingMessage): Promise<Response> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      r.on("data", (b: Buffer) => parts.push(b));
      r.on("end", () => resolve({ status: r.statusCode ?? 0, headers: r.headers, body: Buffer.concat(parts) }));
      r.on("error", (e) => reject(this.failure(e, true)));
      r.on("aborted", () => reject(new Broken(`${this.address.host}: the connection was closed before the answer`)));
    });
  }

  close(): void {
    this.agent.destroy();
  }

  /** A connection of its own, to ask whether the node is alive. */
  beside(): Node {
    return new Node(this.address, this.tls, this.connectTimeout);
  }

  private failure(e: NodeJS.ErrnoException, connected: boolean): Error {
    if (e instanceof NotSent) return e;
    const distrust = this.distrusted(e, connected);
    if (distrust) return new Hopeless(distrust);
    const text = `${this.address.host}: ${e.message || e.code || e.name}`;
    return connected && !connectCodes.has(e.code ?? "") ? new Broken(text, { cause: e }) : new NotSent(text, { cause: e });
  }

  private distrusted(e: NodeJS.ErrnoException, connected: boolean): Problem | undefined {
    const { host } = this.address;
    const code = e.code ?? "";
    if (!this.https) return undefined;
    if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code) && !connected) {
      return misdirected(`the certificate of ${host} is not accepted: ${e.message}`,
        "If the cluster has an authority of its own, name its certificate by caFile. If the name or the time is wrong, call the node by a name in its certificate, or renew it.");
    }
    if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
      return misdirected(`${host} speaks plain HTTP, and was called with HTTPS`, `If everybody on the way may read the token and what is sent, write http://${host}.`);
    }
    if (/ALERT/.test(code)) return misdirected(`${host} ended the TLS handshake: ${e.message}`, "The node's log says why: it may take only callers with a certificate of its own authority.");
    return undefined;
  }
}

function misdirected(detail: string, hint: string): Problem {
  return problem("misdirected", detail, { status: 421, outcome: "rejected", hint });
}

/** Recognizes answers of servers that the address should not lead to. Nothing was done, and repeating the call does not help. */
export function misdirectedAnswer(address: URL, r: Response): Problem | undefined {
  const isProblem = (r.headers["content-type"] ?? "").split(";")[0] === "application/problem+json";
  if (r.status === 400 && address.protocol === "http:" && /HTTP request (to an HTTPS server|was sent to HTTPS port)/.test(r.body.toString())) {
    return misdirected(`${address.host} speaks HTTPS, and was called with plain HTTP`, `Write https://${address.host}; with a certificate that this machine does not know also caFile.`);
  }
  if (r.status >= 300 && r.status < 400) {
    return misdirected(`${address.host} redirects to ${r.headers.location ?? "elsewhere"}, and no redirect is followed: it could take the token along`, "Name the address that it redirects to, if you trust it.");
  }
  if (r.status === 404 && !isProblem) {
    return misdirected(`the server at ${address.host} is not a node: it answered status 404 without a problem document`, "A node listens on http.address, 127.0.0.1:7600 unless told otherwise.");
  }
  return undefined;
}
