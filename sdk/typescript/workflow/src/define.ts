// Names of messages, with the types that belong to them. Those who send and those who handle may share them.

/** A signal, by its name and the type of its payload. */
export interface SignalDefinition<Payload = unknown> {
  readonly kind: "signal";
  readonly name: string;
  /** Only for types. */
  readonly payload?: Payload;
}

/** A query, by its name, and the types of its result and its argument. */
export interface QueryDefinition<Result = unknown, Args = void> {
  readonly kind: "query";
  readonly name: string;
  readonly types?: (args: Args) => Result;
}

/** An update, by its name, and the types of its result and its argument. */
export interface UpdateDefinition<Result = unknown, Args = void> {
  readonly kind: "update";
  readonly name: string;
  readonly types?: (args: Args) => Result;
}

export function defineSignal<Payload = unknown>(name: string): SignalDefinition<Payload> {
  return { kind: "signal", name };
}

export function defineQuery<Result = unknown, Args = void>(name: string): QueryDefinition<Result, Args> {
  return { kind: "query", name };
}

export function defineUpdate<Result = unknown, Args = void>(name: string): UpdateDefinition<Result, Args> {
  return { kind: "update", name };
}
