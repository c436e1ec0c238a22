// Answers the requests of the conformance runner (docs/reference/conformance.md).

import { Checker } from "./checker.js";
import * as digests from "./digests.js";
import { SHAPES } from "./generated/shapes.js";
import type { Source } from "./intake.js";
import { type Json, memberOf } from "./json.js";
import { limitsOf, read } from "./reader.js";
import { type Shape, typed } from "./shape.js";

/** The shape of the input of each digest, and the function that makes its preimage. */
const PREIMAGES: Record<string, [Shape, (value: never) => string]> = {
  D1: [SHAPES.descriptor, digests.tokenizerBindingPreimage],
  D2: [SHAPES.descriptor, digests.modelDescriptorPreimage],
  D3: ["any", digests.replayPreimage],
  D4: ["any", digests.checkpointLineagePreimage],
  D5: [SHAPES.receipt, digests.receiptPreimage],
  D6: [SHAPES.descriptor, digests.tensorLayoutPreimage],
  D7: ["any", digests.stageCompletionPreimage],
  D8: ["any", digests.checkpointPromotionPreimage],
  D9: ["any", digests.stageTransitionPreimage],
  content: ["any", digests.contentPreimage],
};

/** The operations of the protocol. */
const OPS: Record<string, (request: unknown) => object> = { check: checked, digest: digested };

/** The answer to one request; both are lines of JSON. */
export function answer(line: string): string {
  let id: unknown = null;
  try {
    const request = parsed(line);
    id = idOf(request);
    const op = member(request, "op", "string");
    return JSON.stringify({ id, ...known(OPS, op, "unknown op")(request) });
  } catch (error) {
    return JSON.stringify({ id, error: (error as Error).message });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error("the request is not JSON");
  }
}

/** The id to repeat; null where it is missing or neither a number nor a string. */
function idOf(request: unknown): unknown {
  const id = memberOf(request, "id");
  return typeof id === "number" || typeof id === "string" ? id : null;
}

function checked(request: unknown) {
  const asked = { inputs: [], strict: false, limits: {}, ...(request as object) };
  const limits = member(asked, "limits", "object"); // their values are checked below
  const checker = new Checker(sources(asked, "inputs"), {
    strict: member(asked, "strict", "boolean"),
    limits: limitsOf({
      maxBytes: memberOf(limits, "max_bytes"),
      maxDepth: memberOf(limits, "max_depth"),
      maxMembers: memberOf(limits, "max_members"),
    }),
  });
  const report = checker.check(sources(asked, "documents"));
  const findings = report.findings.map((finding) => {
    const { severity: _, message: __, ...compared } = finding.toJSON();
    return compared;
  });
  return { verdict: report.verdict, findings };
}

function digested(request: unknown) {
  const digest = member(request, "digest", "string");
  const [shape, preimageOf] = known(PREIMAGES, digest, "unknown digest");
  const { value, problems } = read(decoded(request, "the request"));
  if (value === undefined) throw new Error(problems.at(-1)!.message);
  const preimage = made(() => preimageOf(typed(value, shape) as Json as never), digest);
  return { preimage, sha256: digests.digest(preimage) };
}

/** Calls a preimage function, which may throw anything where a document is not valid against its schema. */
function made(preimage: () => string, digest: string): string {
  try {
    return preimage();
  } catch {
    throw new Error(`the text is not valid input for ${digest}`);
  }
}

function sources(request: unknown, list: "documents" | "inputs"): Source[] {
  return member(request, list, "array").map((entry, index) => {
    const where = `${list}[${index}]`;
    return { name: member(entry, "name", "string", where), text: decoded(entry, where) };
  });
}

function decoded(part: unknown, where: string): Uint8Array {
  const base64 = member(part, "base64", "string", where);
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    throw new Error(`"base64" of ${where} is not Base64`);
  }
}

/** The types of members, by JSON Schema type. */
interface Types {
  string: string;
  boolean: boolean;
  object: object;
  array: unknown[];
}

/** A member of the request, or of the part of it that `where` describes. */
function member<T extends keyof Types>(
  part: unknown,
  name: string,
  type: T,
  where = "the request",
): Types[T] {
  const value = memberOf(part, name);
  if (value === undefined) throw new Error(`${where} has no "${name}"`);
  const found = Array.isArray(value) ? "array" : typeof value;
  if (found !== type) throw new Error(`"${name}" of ${where} must be of type ${type}, not ${found}`);
  return value as Types[T];
}

/** The entry of a table. */
function known<T>(table: Record<string, T>, name: string, otherwise: string): T {
  if (!Object.hasOwn(table, name)) throw new Error(`${otherwise} ${JSON.stringify(name)}`);
  return table[name]!;
}
