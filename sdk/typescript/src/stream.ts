// The stream of a cluster's events: one connection after the other, each of which goes on where the one before has ended.
import { type Core, attemptTimeout, get, pause, quietFirst, quietNext } from "./core.js";
import { Problem, TryAgain, parseProblem, problem } from "./errors.js";
import { Broken, Hopeless, type Node, NotSent, misdirectedAnswer } from "./http.js";

/** One event of a cluster. */
export interface StreamEvent {
  /** The log index to go on after; 0 if the events of that index are not over. */
  id: number;
  name: string;
  data: Record<string, unknown>;
}

export interface EventsOptions {
  /** Begins after this log index; 0: with the oldest event that is kept. Absent: now. */
  after?: number | undefined;
  /** Ends the stream: it throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

export async function* events(core: Core, names: string[], o: EventsOptions): AsyncGenerator<StreamEvent> {
  let { after } = o;
  let failed = 0, hopeless = 0, until = 0;
  for (let at = core.last; ; at++) {
    const node = core.nodes[at % core.nodes.length]!;
    let trouble: Error = new Broken(`${node.address.host}: the event stream ended`);
    try {
      for await (const e of frames(core, node, names, after, o.signal)) {
        failed = hopeless = 0;
        if (e?.id) after = e.id;
        if (e?.name) yield e;
      }
    } catch (e) {
      o.signal?.throwIfAborted();
      hopeless = e instanceof Hopeless ? hopeless + 1 : 0;
      if (e instanceof Hopeless ? hopeless === core.nodes.length : e instanceof Problem ? !(e instanceof TryAgain) && e.code !== "outcome_unknown" : !(e instanceof NotSent || e instanceof Broken)) {
        throw e instanceof Hopeless ? e.problem : e;
      }
      trouble = e instanceof Hopeless ? e.problem : (e as Error);
    }
    if (++failed === 1) until = performance.now() + core.patience;
    if (!(await pause(failed, until, o.signal))) throw trouble instanceof Problem ? trouble : core.nobody(trouble);
  }
}

/** What comes over one connection; undefined for a sign of life. A frame without a name only says how far the stream is. */
async function* frames(core: Core, node: Node, names: string[], after: number | undefined, signal?: AbortSignal): AsyncGenerator<StreamEvent | undefined> {
  const call = get("v1", "events");
  if (after !== undefined) call.query.push(["after", String(after)]);
  if (names.length) call.query.push(["names", names.join(",")]);
  const over = new AbortController();
  const watch = new Watch(core, node, over);
  const aborted = () => over.abort();
  signal?.throwIfAborted();
  signal?.addEventListener("abort", aborted, { once: true });
  try {
    const { response, body } = await node.stream(core.target(call), { ...core.headers(call), Accept: "text/event-stream" }, over.signal);
    if (!body) throw misdirectedAnswer(node.address, response) ?? parseProblem(response.status, response.body);
    let fields: Record<string, string> = {};
    for await (const line of body) {
      watch.heard();
      if (line) {
        const cut = line.indexOf(":");
        if (cut >= 0) fields[line.slice(0, cut)] = line.slice(cut + 1).replace(/^ /, "");
        yield undefined;
      } else if (Object.keys(fields).length) {
        yield eventOf(fields);
        fields = {};
      }
    }
  } catch (e) {
    throw watch.gaveUp ? new Broken(watch.gaveUp) : e;
  } finally {
    watch.stop();
    signal?.removeEventListener("abort", aborted);
    over.abort();
  }
}

function eventOf(fields: Record<string, string>): StreamEvent | undefined {
  const id = /^\d+$/.test(fields["id"] ?? "") ? Number(fields["id"]) : 0;
  if (fields["data"] === undefined) return id ? { id, name: "", data: {} } : undefined;
  try {
    return { id, name: fields["event"] ?? "", data: JSON.parse(fields["data"]) as Record<string, unknown> };
  } catch (cause) {
    throw problem("internal", `an event cannot be read: ${(cause as Error).message}`, { status: 500, outcome: "unknown", cause });
  }
}

/** Ends a connection over which nothing comes, for longer than a live node is silent: it says something at least every 10 s. */
class Watch {
  gaveUp = "";
  private last = performance.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly core: Core, private readonly node: Node, private readonly over: AbortController) {
    this.wait(core.nodes.length > 1 ? quietFirst : attemptTimeout);
  }

  heard(): void {
    this.last = performance.now();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private wait(ms: number): void {
    this.timer = setTimeout(() => void this.look(ms), ms);
  }

  private async look(ms: number): Promise<void> {
    const silent = performance.now() - this.last;
    if (silent >= attemptTimeout) this.gaveUp = `${this.node.address.host} says nothing within ${attemptTimeout} ms`;
    else if (silent >= ms && !(await this.core.alive(this.node))) this.gaveUp = `${this.node.address.host} answers nothing, not even whether it is alive`;
    if (this.timer === undefined) return; // stopped
    if (this.gaveUp) this.over.abort();
    else this.wait(this.core.nodes.length > 1 ? quietNext : Math.max(attemptTimeout - silent, 1000));
  }
}
