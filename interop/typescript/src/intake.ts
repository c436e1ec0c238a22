// Reads texts, finds the contract documents in them, and validates these against their schemas.

import { Document } from "./document.js";
import { Finding, type Ignored, MAX_FINDINGS, type Problem, type Related, tooMany } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { discardedClaims, nearMiss, type NearMiss } from "./claims.js";
import { containers, type Found, KINDS, recognise, type Role, ROLES, TITLES } from "./kinds.js";
import { excerpt } from "./messages.js";
import { child } from "./pointers.js";
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
  /** Findings about texts without a document, and about what only means to be one. */
  loose: Finding[];
  /** The names of the texts with such a finding. */
  unusable: Set<string>;
  texts: Text[];
  ignored: Ignored[];
  /** How many more schema violations are listed. */
  explainable: number;
}

/**
 * Reads texts and validates the documents in them.
 *
 * @param judged - false for inputs, which need not be contract documents.
 */
export function takeIn(sources: Iterable<Source>, limits: Limits, judged: boolean): Intake {
  const intake: Intake = {
    documents: new Map(),
    loose: [],
    unusable: new Set(),
    texts: [],
    ignored: [],
    explainable: MAX_FINDINGS,
  };
  let unread = 0;
  for (const { name, text: bytes } of sources) {
    const { value, problems, json } = read(bytes, limits);
    const text = new Text(name, json);
    intake.texts.push(text);
    if (value === undefined) {
      // Of very many broken texts, each is still said to be broken, but not at every place.
      const listed = ++unread > MAX_FINDINGS ? problems.slice(-1) : problems;
      for (const problem of listed) refuse(intake, text, problem);
      continue;
    }
    const findings = takeInValue(intake, text, value, new ProblemIndex(problems), judged);
    if (findings) continue;
    if (judged) refuse(intake, text, unknownKind(value));
    else intake.ignored.push({ name, kind: versionOf(value)?.slice(0, 200) ?? null });
  }
  return intake;
}

/** Takes in the documents in a value, and what means to be one; returns whether there are any. */
function takeInValue(
  intake: Intake,
  text: Text,
  value: Json,
  problems: ProblemIndex,
  judged: boolean,
): boolean {
  let found = false;
  const closed: string[] = []; // valid documents, in which only the open object can hold others
  for (const { pointer, node } of containers(value)) {
    // Documents that end before this place; in pre-order, nothing below them follows.
    while (closed.length && !pointer.startsWith(`${closed.at(-1)}/`)) closed.pop();
    if (!isObject(node) || closed.some((outer) => isClosedAt(outer, pointer))) continue;
    const role = recognise(node);
    const miss = role ? undefined : nearMiss(node);
    if (role) {
      const isSound = validateInto(intake, text, { pointer, role, value: node }, problems, judged);
      if (isSound && role !== "program") closed.push(pointer);
    } else if (miss) {
      refuse(intake, text, nearMissProblem(pointer, node, miss));
    }
    found ||= Boolean(role ?? miss);
  }
  for (const problem of claimingDuplicates(problems.all)) {
    found = true;
    refuse(intake, text, problem);
  }
  return found;
}

/** Whether a place is inside a valid document, but not in its open object. */
function isClosedAt(document: string, pointer: string): boolean {
  return (
    pointer.startsWith(`${document}/`) &&
    !pointer.startsWith(`${document}/delivered_execution/cluster_execution`)
  );
}

/** The problems of repeated members that replace something of the contract, without those inside another such value. */
function claimingDuplicates(problems: readonly Problem[]): Problem[] {
  const repeated = problems
    .filter(({ discarded }) => discarded)
    .sort((one, other) => one.discarded!.start - other.discarded!.start);
  let end = 0;
  return repeated.filter(({ discarded }) => {
    if (discarded!.start < end) return false;
    end = discarded!.end;
    return discardedClaims(discarded!);
  });
}

function refuse(intake: Intake, text: Text, problem: Problem): void {
  intake.loose.push(readerFinding(text, problem));
  intake.unusable.add(text.name);
}

/** Validates a document; returns whether nothing is wrong with it. */
function validateInto(
  intake: Intake,
  text: Text,
  found: Found,
  problems: ProblemIndex,
  judged: boolean,
): boolean {
  const { pointer, role, value } = found;
  const { findings, listed, ...state } = validated(text, found, problems, intake.explainable);
  intake.explainable -= listed;
  const document = new Document(text, pointer, role, typed(value, SHAPES[role]) as JsonObject, {
    ...state,
    judged,
  });
  intake.documents.set(document, findings);
  return findings.length === 0;
}

/** What is wrong with one document. */
interface Validation {
  /** The findings of the reader and of the schema. */
  findings: Finding[];
  /** How many violations of the schema are listed. */
  listed: number;
  /** See `Document`. */
  broken: string[];
  isExplained: boolean;
  isMisread: boolean;
}

/**
 * Validates one document.
 *
 * @param limit - how many violations of the schema are listed.
 */
export function validated(
  text: Text,
  { pointer, role, value }: { pointer: string; role: Role; value: Json },
  problems: ProblemIndex,
  limit = MAX_FINDINGS,
): Validation {
  const { above, inside } = problems.of(pointer);
  // A problem above the document, such as a duplicate member that contains it, breaks all of it.
  const refused = new Set(inside.map((problem) => problem.pointer.slice(pointer.length)));
  if (above.length) refused.add("");
  const isMisread = refused.size > 0;
  const failed = violations(role, value, limit);
  const shown = failed.slice(0, limit);
  const listed = shown.length;
  const findings = [
    ...[...above, ...inside].map((problem) => readerFinding(text, problem)),
    ...shown
      .filter(({ touches }) => !refused.has(touches))
      .map(
        ({ touches: _, ...violation }) =>
          new Finding(text, { rule: "schema-violation", ...violation, pointer: pointer + violation.pointer }),
      ),
  ];
  if (failed.length > listed) {
    const last = listed ? tooMany("schema-violation", pointer) : unexplained(role, pointer);
    findings.push(new Finding(text, last));
    return { findings, listed, broken: [""], isExplained: false, isMisread }; // what is not listed may be anywhere
  }
  const broken = [...new Set([...refused, ...shown.map(({ touches }) => touches)])];
  return { findings, listed, broken, isExplained: true, isMisread };
}

function unexplained(role: Role, pointer: string): Problem {
  const message =
    `the document does not match the schema of a ${TITLES[role]}; more than ${MAX_FINDINGS} violations are listed already, ` +
    "so check this document alone to see its own";
  return { rule: "schema-violation", pointer, message };
}

/** The problems of one text, by pointer. */
export class ProblemIndex {
  private readonly at = new Map<string, Problem[]>();
  private readonly pointers: string[];

  constructor(readonly all: readonly Problem[]) {
    for (const problem of all) {
      const here = this.at.get(problem.pointer);
      if (here) here.push(problem);
      else this.at.set(problem.pointer, [problem]);
    }
    this.pointers = [...this.at.keys()].sort();
  }

  /** The problems that contain a document, of each place the first of each rule, and those in it. */
  of(pointer: string): { above: Problem[]; inside: Problem[] } {
    if (!this.pointers.length) return { above: [], inside: [] };
    const above: Problem[] = [];
    for (let outer = pointer; outer; outer = outer.slice(0, outer.lastIndexOf("/"))) {
      const rules = new Set<string>();
      for (const problem of this.at.get(outer) ?? []) {
        if (!rules.has(problem.rule)) above.push(problem);
        rules.add(problem.rule);
      }
    }
    const inside: Problem[] = [];
    for (let index = this.after(`${pointer}/`); index < this.pointers.length; index++) {
      if (!this.pointers[index]!.startsWith(`${pointer}/`)) break;
      inside.push(...this.at.get(this.pointers[index]!)!);
    }
    return { above, inside };
  }

  /** The index of the first pointer that is not before another one. */
  private after(pointer: string): number {
    let [low, high] = [0, this.pointers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pointers[middle]! < pointer) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The finding about a problem of the reader. The other member of a repeated one has the same pointer. */
export function readerFinding(text: Text, problem: Problem): Finding {
  if (problem.other === undefined) return new Finding(text, problem);
  const other: Related = { document: text.name, pointer: problem.pointer, line: null, column: null };
  text.add(other, problem.other);
  return new Finding(text, { ...problem, related: [other] });
}

function nearMissProblem(pointer: string, value: JsonObject, { version, member }: NearMiss): Problem {
  const title = TITLES[ROLES.get(version)!];
  if (member === undefined) {
    const message = `the object has most members of a ${title}, but no schema_version; expected ${excerpt(version)}`;
    return { rule: "unknown-kind", pointer, message, expected: version };
  }
  const actual = value[member];
  const message =
    member === "schema_version"
      ? `unknown schema_version ${excerpt(actual)}; did you mean ${excerpt(version)}?`
      : `the member ${excerpt(member)} is not schema_version, so this is no ${title}`;
  const expected = actual === version ? undefined : version;
  return { rule: "unknown-kind", pointer: child(pointer, member), message, expected, actual };
}

/** The `schema_version` that a text gives itself. */
function versionOf(value: Json): string | undefined {
  const version = isObject(value) ? value["schema_version"] : undefined;
  return typeof version === "string" ? version : undefined;
}

function unknownKind(value: Json): Problem {
  const version = versionOf(value);
  const known = Object.values(KINDS).join(", ");
  if (version === undefined) {
    const message = `no contract document found; its schema_version would be one of ${known}`;
    return { rule: "unknown-kind", pointer: "", message };
  }
  const message = `unknown schema_version ${excerpt(version)}; expected one of ${known}`;
  return { rule: "unknown-kind", pointer: "/schema_version", message, actual: version };
}
