// Messages are handled while all other code of the run waits, by code of their own, in the order in which they came. A handler
// may wait; others begin meanwhile.
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from "./define";
import { ask, reading } from "./guest";
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

/** Handles a message by new code. */
export function message(token: number, kind: number, name: string, payload: unknown): void {
  perform(token, kind === Kind.update ? updates.get(name)!.handle : signals.get(name)!, payload);
}

/** Answers a query. */
export function query(name: string, args: unknown): void {
  reading("a query handler");
  answer(() => queries.get(name)!(args));
}

/** Says whether an update may be accepted. */
export function validate(name: string, args: unknown): void {
  reading("a validator");
  answer(async () => { await updates.get(name)!.validate?.(args); });
}
