// What the run is found by.
import { ask, encodeRecord } from "./guest";
import { type Attributes, attributeFields } from "./options";
import { room } from "./room";

/** Sets what the run is found by. Null removes one. */
export function setAttributes(attributes: Attributes): void {
  ask();
  room.tell(2, encodeRecord("attributes", attributeFields(attributes, 1, 2)));
}
