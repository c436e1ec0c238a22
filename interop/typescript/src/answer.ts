// Answers to the requests of the conformance runner (docs/conformance.md).

import { check } from "./checker.js";
import * as digests from "./digests.js";
import { SHAPES } from "./generated/shapes.js";
import type { Json } from "./json.js";
import { type Limits, read } from "./reader.js";
import { type Shape, typed } from "./shape.js";

interface Entry {
  name: string;
  base64: string;
}

interface CheckRequest {
  op: "check";
  documents: Entry[];
  inputs?: Entry[];
  strict?: boolean;
  limits?: { max_bytes?: number; max_depth?: number; max_members?: number };
}

interface DigestRequest {
  op: "digest";
  digest: string;
  base64: string;
}

type Request = { id: unknown } & (CheckRequest | DigestRequest);

/** What each preimage is made of, and how. */
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

/** The answer to one request, each as a line. */
export function answer(line: string): string {
  let id: unknown = null;
  try {
    const request = JSON.parse(line) as Request;
    id = request.id;
    return JSON.stringify({ id, ...(request.op === "check" ? checked(request) : digested(request)) });
  } catch (error) {
    return JSON.stringify({ id, error: String(error) });
  }
}

function checked({ documents, inputs = [], strict = false, limits = {} }: CheckRequest) {
  const options = { strict, limits: limitsOf(limits) };
  const report = check(documents.map(source), inputs.map(source), options);
  const findings = report.findings.map(({ rule, document, pointer }) => ({ rule, document, pointer }));
  return { verdict: report.verdict, findings };
}

function limitsOf({
  max_bytes,
  max_depth,
  max_members,
}: NonNullable<CheckRequest["limits"]>): Partial<Limits> {
  const given = { maxBytes: max_bytes, maxDepth: max_depth, maxMembers: max_members };
  return Object.fromEntries(Object.entries(given).filter(([, limit]) => limit !== undefined));
}

function digested({ op, digest, base64 }: DigestRequest) {
  if (op !== "digest") throw new Error(`the protocol has no op ${JSON.stringify(op)}`);
  const known = PREIMAGES[digest];
  if (!known) throw new Error(`the contract has no digest ${JSON.stringify(digest)}`);
  const [shape, preimageOf] = known;
  const { value, problems } = read(decoded(base64));
  if (value === undefined || problems.length) throw new Error(problems[0]!.message);
  const preimage = preimageOf(typed(value, shape) as Json as never);
  return { preimage, sha256: digests.digest(preimage) };
}

function source({ name, base64 }: Entry) {
  return { name, text: decoded(base64) };
}

function decoded(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
