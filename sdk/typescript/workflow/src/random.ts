// Random numbers: the same ones in every replay, others in every run.
import { ask, guest } from "./guest";
import { room } from "./room";

/** Is called before a number is drawn: while modules are loaded all runs get the same ones. */
function draw(): void {
  if (guest.begun) {
    ask();
  }
}

/** A number in [0, 1). `Math.random()` is the same. */
export function random(): number {
  draw();
  return room.random();
}

/** A UUID, version 4. `crypto.randomUUID()` is the same. */
export function uuid(): string {
  draw();
  const a = room.draw(), b = room.draw();
  const variant = ((parseInt(b[0]!, 16) & 3) | 8).toString(16);
  return `${a.slice(0, 8)}-${a.slice(8, 12)}-4${a.slice(13)}-${variant}${b.slice(1, 4)}-${b.slice(4)}`;
}

/** Fills an array with random bytes. */
export function getRandomValues<T extends ArrayBufferView>(array: T): T {
  draw();
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let i = 0; i < bytes.length; i += 8) {
    const drawn = room.draw();
    for (let j = 0; j < 8 && i + j < bytes.length; j++) {
      bytes[i + j] = parseInt(drawn.slice(2 * j, 2 * j + 2), 16);
    }
  }
  return array;
}
