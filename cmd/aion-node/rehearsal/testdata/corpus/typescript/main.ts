// The corpus: the same workflows in every language.
export { cleanup } from "./cleanup";
export { draws } from "./draws";
export { family, kid } from "./family";
export { mail } from "./mail";
export { retries } from "./retries";
export { shop } from "./shop";
export { waits } from "./waits";
