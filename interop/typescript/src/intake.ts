// Reads texts, finds the contract documents in them, and validates these against their schemas.

import { Document } from "./document.js";
import { Finding, MAX_FINDINGS, type Problem, type Related, tooMany } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { find, type Found, KINDS, type Role } from "./kinds.js";
import { excerpt } from "./messages.js";
import { overlaps } from "./pointers.js";
import { type JsonText, type Limits, read } from "./reader.js";
import { violations } from "./schema.js";
import { typed } from "./shape.js";
import { Text } from "./text.js";

/** A text and its name. */
export interface Source {
  name: string;
  text: JsonText;
}

/** The documents of some texts. */
export interface Intake {
  /** The documents found, in order, each with the findings of the reader and the schema. */
  documents: Map<Document, Finding[]>;
  /** Findings about texts without a document. */
  loose: Finding[];
  texts: Text[];
}

/**
 * Reads texts and validates the documents in them.
 *
 * @param judged - false for inputs, which need not be contract documents.
 */
export function takeIn(sources: Iterable<Source>, limits: Limits, judged: boolean): Intake {
  const intake: Intake = { documents: new Map(), loose: [], texts: [] };
  for (const { name, text: bytes } of sources) {
    const { value, problems, json } = read(bytes, limits);
    const text = new Text(name, json);
    intake.texts.push(text);
    if (value === undefined) {
      intake.loose.push(...problems.map((problem) => readerFinding(text, problem)));
      continue;
    }
    const found = [...find(value)];
    for (const each of found) validateInto(intake, text, each, problems, judged);
    if (!found.length && judged) intake.loose.push(unknownKind(text, value));
  }
  return intake;
}

function validateInto(intake: Intake, text: Text, found: Found, problems: Problem[], judged: boolean): void {
  const { pointer, role, value } = found;
  const { findings, broken } = validated(text, found, problems);
  const document = new Document(
    text,
    pointer,
    role,
    typed(value, SHAPES[role]) as JsonObject,
    broken,
    judged,
  );
  intake.documents.set(document, findings);
}

/**
 * The findings of the reader and of the schema in a document.
 *
 * @returns the findings, and the pointers, from the root of the document, of what is broken.
 */
export function validated(
  text: Text,
  { pointer, role, value }: { pointer: string; role: Role; value: Json },
  problems: Problem[],
): { findings: Finding[]; broken: string[] } {
  const own = problems.filter((problem) => overlaps(problem.pointer, pointer));
  // A problem above the document, such as a duplicate member that contains it, breaks all of it.
  const refused = new Set(own.map((problem) => problem.pointer.slice(pointer.length)));
  const failed = violations(role, value, MAX_FINDINGS);
  const listed = failed.slice(0, MAX_FINDINGS).filter(({ touches }) => !refused.has(touches));
  const findings = [
    ...own.map((problem) => readerFinding(text, problem)),
    ...listed.map(
      ({ touches: _, ...violation }) =>
        new Finding(text, { rule: "schema-violation", ...violation, pointer: pointer + violation.pointer }),
    ),
  ];
  if (failed.length > MAX_FINDINGS) {
    findings.push(new Finding(text, tooMany("schema-violation", pointer)));
    return { findings, broken: [""] }; // violations that are not listed may be anywhere
  }
  return { findings, broken: [...new Set([...refused, ...failed.map(({ touches }) => touches)])] };
}

/** The finding about a problem of the reader. The other member of a repeated one has the same pointer. */
export function readerFinding(text: Text, problem: Problem): Finding {
  if (problem.other === undefined) return new Finding(text, problem);
  const other: Related = { document: text.name, pointer: problem.pointer, line: null, column: null };
  text.add(other, problem.other);
  return new Finding(text, { ...problem, related: [other] });
}

function unknownKind(text: Text, value: Json): Finding {
  const version = isObject(value) ? value["schema_version"] : undefined;
  const known = Object.values(KINDS).join(", ");
  if (typeof version !== "string") {
    return new Finding(text, {
      rule: "unknown-kind",
      pointer: "",
      message: `no contract document found; its schema_version would be one of ${known}`,
    });
  }
  const message = `unknown schema_version ${excerpt(version)}; expected one of ${known}`;
  return new Finding(text, { rule: "unknown-kind", pointer: "/schema_version", message, actual: version });
}
