// The globals that workflow code has beside those of the language: `"types": ["@aion/workflow/globals"]` in tsconfig.json, for
// projects without the types of Node or of browsers.

declare var console: { [level in "log" | "info" | "debug" | "warn" | "error" | "trace"]: (...values: unknown[]) => void };
declare var crypto: { randomUUID(): string; getRandomValues<T extends ArrayBufferView>(array: T): T };
declare function queueMicrotask(job: () => void): void;
declare function setTimeout(code: (...args: any[]) => void, ms?: number, ...args: unknown[]): number;
declare function clearTimeout(id: number | undefined): void;
