// Writes src/api.ts, the types of all bodies and answers, from the contract that a node serves.
//
//   node scripts/generate.mjs openapi.json            a file, such as curl -s 127.0.0.1:7600/openapi.json writes
//   node scripts/generate.mjs openapi.json --check    only compares
import { readFileSync, writeFileSync } from "node:fs";

const target = new URL("../src/api.ts", import.meta.url);
const [file, check] = process.argv.slice(2);
const schemas = JSON.parse(readFileSync(file, "utf8")).components.schemas;

const quote = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function typeOf(s, indent) {
  if (s.$ref) return s.$ref.split("/").pop();
  if (s.oneOf) return s.oneOf.map((o) => typeOf(o, indent)).join(" | ");
  if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(" | ");
  const types = Array.isArray(s.type) ? s.type : [s.type];
  return [...new Set(types.map((t) => single(s, t, indent)))].join(" | ");
}

function single(s, type, indent) {
  switch (type) {
    case "string": return "string";
    case "boolean": return "boolean";
    case "integer": case "number": return "number";
    case "null": return "null";
    case "array": {
      const item = typeOf(s.items ?? {}, indent);
      return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      if (s.properties) return object(s, indent);
      return typeof s.additionalProperties === "object" ? `Record<string, ${typeOf(s.additionalProperties, indent)}>` : "Record<string, unknown>";
    default: return "unknown"; // any JSON value
  }
}

function object(s, indent) {
  const required = new Set(s.required ?? []);
  let text = "{\n";
  for (const [name, p] of Object.entries(s.properties)) {
    if (p.description) text += `${indent}  /** ${p.description.replaceAll("*/", "* /").replaceAll("\n", " ")} */\n`;
    text += `${indent}  ${quote(name)}${required.has(name) ? "" : "?"}: ${typeOf(p, indent + "  ")};\n`;
  }
  return text + indent + "}";
}

let text = "// Made by scripts/generate.mjs from the contract that every node serves at /openapi.json. Do not edit.\n";
for (const [name, s] of Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))) {
  text += "\n";
  if (s.description) text += `/** ${s.description.replaceAll("*/", "* /").replaceAll("\n", " ")} */\n`;
  text += s.properties && !s.oneOf ? `export interface ${name} ${object(s, "")}\n` : `export type ${name} = ${typeOf(s, "")};\n`;
}

if (check === "--check") {
  if (readFileSync(target, "utf8") !== text) {
    console.error("src/api.ts is not what scripts/generate.mjs makes of the node's contract: run it");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
