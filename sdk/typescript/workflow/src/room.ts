// The functions of the room around the interpreter: docs/GUEST.md, with records as JSON text whose keys are the numbers of
// fields. A payload stands in a record as the value that it is.

/** What the room offers to the interpreter. */
export interface Room {
  now(): number;
  random(): number;
  /** 64 bits of the run's generator, as 16 hexadecimal digits. */
  draw(): string;
  log(text: string): void;
  /** Says where code is that asks for something next: the stack of an error. */
  at(stack: string): void;
  info(): string;
  cancelled(know: 0 | 1): boolean;
  start(kind: number, record: string): number;
  /** "" while the future is pending; else a digit that says what became of it, and the payload or the error. */
  state(id: number): string;
  /** ids are one ordinal, or a text of them with commas between. */
  wait(token: number, mode: number, ids: number | string): number;
  cancel(id: number): void;
  holds(id: number): void;
  handle(kind: number, name: string): void;
  done(token: number, failed: 0 | 1, json: string): void;
  answer(failed: 0 | 1, json: string): void;
  tell(kind: number, record: string): void;
  continue(same: 0 | 1, json: string): void;
  /** The author's own calls in a stack of the interpreter: a JSON list, the outermost first. */
  stack(text: string): string;
  /**
   * By which the room tells that a wait is over, from driver 2 on: of one future at is the state, and told the value or the record of the
   * error. Returns an ordinal if the last thing to do is to wait for that under token 0.
   */
  resume?: (token: number, at: number, told: unknown) => number | undefined;
  /** By which the room enters the code: text is a payload, or what became of the future that was waited for, and at its state. */
  enter?: (op: number, token: number, at: number, text: string, name: string) => void;
  /** By which bundles run async functions: their bodies are generators. */
  async?: (self: unknown, args: ArrayLike<unknown> | null, body: (...args: never[]) => Generator) => Promise<unknown>;
}

export const room = (globalThis as unknown as { aion: Room }).aion;

/** A record, before it is JSON. What is undefined is no field. */
export type Record = { [field: number]: unknown };
