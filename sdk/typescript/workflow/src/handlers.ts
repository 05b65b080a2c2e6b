// Messages are handled while all other code of the run waits, by code of their own, in the order in which they came. A handler
// may wait; others begin meanwhile.
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from "./define";
import { ask, guest } from "./guest";
import { answer, perform } from "./perform";
import { room } from "./room";

type Handler = (payload: any) => unknown; // eslint-disable-line @typescript-eslint/no-explicit-any

const signals = new Map<string, Handler>();
const queries = new Map<string, Handler>();
const updates = new Map<string, { handle: Handler; validate: Handler | undefined }>();

/** Kinds of handle. */
const Kind = { signal: 1, update: 2, query: 3, validator: 4 } as const;

/** Lets code handle the signals of a name, those too that came before. What it throws ends the run. */
export function setHandler<Payload>(definition: SignalDefinition<Payload>, handler: (payload: Payload) => void | PromiseLike<void>): void;
/** Lets code answer the queries of a name. It works on a copy of the run, so nothing that it changes remains. */
export function setHandler<Result, Args>(definition: QueryDefinition<Result, Args>, handler: (args: Args) => Result | PromiseLike<Result>): void;
/**
 * Lets code answer the updates of a name. What it throws is the answer, and ends nothing. A validator is asked before an update
 * is accepted: if it throws, the update is rejected and has never happened. It works on a copy of the run.
 */
export function setHandler<Result, Args>(
  definition: UpdateDefinition<Result, Args>, handler: (args: Args) => Result | PromiseLike<Result>, options?: { validator?: (args: Args) => void | PromiseLike<void> },
): void;
export function setHandler(definition: { kind: "signal" | "query" | "update"; name: string }, handler: Handler, options: { validator?: Handler } = {}): void {
  const { kind, name } = definition;
  ask();
  switch (kind) {
    case "signal":
      room.handle(Kind.signal, name);
      signals.set(name, handler);
      break;
    case "query":
      room.handle(Kind.query, name);
      queries.set(name, handler);
      break;
    case "update":
      room.handle(Kind.update, name);
      if (options.validator !== undefined) {
        room.handle(Kind.validator, name);
      }
      updates.set(name, { handle: handler, validate: options.validator });
  }
}

/** Handles a message by new code: 1 kind, 2 name, 3 payload. */
export function message(token: number, text: string): void {
  const r = JSON.parse(text) as { 1: number; 2: string; 3?: unknown };
  const handler = r[1] === Kind.update ? updates.get(r[2])!.handle : signals.get(r[2])!;
  perform(token, () => handler(r[3]));
}

/** Answers a query: 1 name, 2 arguments. */
export function query(text: string): void {
  const r = JSON.parse(text) as { 1: string; 2?: unknown };
  guest.reads = "a query handler";
  answer(() => queries.get(r[1])!(r[2]));
}

/** Says whether an update may be accepted: 1 name, 2 arguments. */
export function validate(text: string): void {
  const r = JSON.parse(text) as { 1: string; 2?: unknown };
  guest.reads = "a validator";
  answer(async () => { await updates.get(r[1])!.validate?.(r[2]); });
}
