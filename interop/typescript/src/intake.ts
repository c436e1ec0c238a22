// Texts to documents: reads each, finds the contract documents in it, holds them to their schemas.

import { Document } from "./document.js";
import { type Finding, MAX_FINDINGS, severityOf, tooMany } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { find, type Found, type Role } from "./kinds.js";
import type { Problem } from "./parser.js";
import { overlaps } from "./pointers.js";
import { type JsonText, type Limits, read } from "./reader.js";
import { violations } from "./schema.js";
import { typed } from "./shape.js";

/** A text by its name. */
export interface Source {
  name: string;
  text: JsonText;
}

/** What came of some texts. */
export interface Intake {
  /** The documents found, in order, each with what the reader and the schema object to in it. */
  documents: Map<Document, Finding[]>;
  /** What is wrong with texts that hold no document. */
  loose: Finding[];
}

/**
 * Takes in texts.
 *
 * @param judged - false for inputs, which need hold no contract document.
 */
export function takeIn(sources: Iterable<Source>, limits: Partial<Limits>, judged: boolean): Intake {
  const intake: Intake = { documents: new Map(), loose: [] };
  for (const { name, text } of sources) {
    const { value, problems } = read(text, limits);
    if (value === undefined) {
      intake.loose.push(...problems.map((problem) => reported(name, problem)));
      continue;
    }
    const found = [...find(value)];
    for (const each of found) hold(intake, name, each, problems, judged);
    if (!found.length && judged) intake.loose.push(unknownKind(name, value));
  }
  return intake;
}

function hold(intake: Intake, name: string, found: Found, problems: Problem[], judged: boolean): void {
  const { pointer, role, value } = found;
  const { findings, broken } = objections(name, found, problems);
  const document = new Document(
    name,
    pointer,
    role,
    typed(value, SHAPES[role]) as JsonObject,
    broken,
    judged,
  );
  intake.documents.set(document, findings);
}

/**
 * What the reader and the schema object to in a document.
 *
 * @returns the findings, and pointers, from the root of the document, of what they concern.
 */
export function objections(
  name: string,
  { pointer, role, value }: { pointer: string; role: Role; value: Json },
  problems: Problem[],
): { findings: Finding[]; broken: string[] } {
  const own = problems.filter((problem) => overlaps(problem.pointer, pointer));
  // A problem above the document, such as a member that holds it and is repeated, breaks all of it.
  const refused = new Set(own.map((problem) => problem.pointer.slice(pointer.length)));
  const failed = violations(role, value);
  const listed = failed.slice(0, MAX_FINDINGS).filter(({ touches }) => !refused.has(touches));
  const findings = [
    ...own.map((problem) => reported(name, problem)),
    ...listed.map((each) =>
      reported(name, { ...each, rule: "schema-violation", pointer: pointer + each.pointer }),
    ),
  ];
  if (failed.length > MAX_FINDINGS) {
    findings.push(reported(name, tooMany(pointer)));
    return { findings, broken: [""] }; // what is not listed may be anywhere
  }
  return { findings, broken: [...new Set([...refused, ...failed.map(({ touches }) => touches)])] };
}

function unknownKind(name: string, value: Json): Finding {
  const version = isObject(value) ? value["schema_version"] : undefined;
  if (typeof version !== "string") {
    return reported(name, {
      rule: "unknown-kind",
      pointer: "",
      message: "no contract document stands in here",
    });
  }
  const message = `the contract knows no schema_version ${JSON.stringify(version)}`;
  return reported(name, { rule: "unknown-kind", pointer: "/schema_version", message });
}

/** A finding about the text of that name. */
export function reported(
  name: string,
  { rule, pointer, message }: { rule: string; pointer: string; message: string },
): Finding {
  return { rule, severity: severityOf(rule), document: name, pointer, message, related: [] };
}
