// Reads texts, finds the contract documents in them, and validates these against their schemas.

import { Document } from "./document.js";
import { Finding, type LeftAlone, type LeftAloneReason, MAX_FINDINGS, type Problem } from "./findings.js";
import { Identities } from "./identities.js";
import { isObject, type Json, type JsonObject, memberOf } from "./json.js";
import { discardedClaims, nearMiss, type NearMiss, textClaims } from "./claims.js";
import {
  type Container,
  type Found,
  innerContainers,
  isContainer,
  KINDS,
  recognise,
  type Role,
  ROLES,
  TITLES,
} from "./kinds.js";
import { excerpt, firstCharacters } from "./messages.js";
import { child } from "./pointers.js";
import { type JsonText, lenient, type Limits, read, type Reading } from "./reader.js";
import { Text } from "./text.js";
import { NO_PROBLEMS, ProblemIndex, readerFinding, validated } from "./validation.js";
import validators from "./generated/validators/all.js";

/** How many characters of the `schema_version` of an ignored text are kept. */
const MAX_KIND = 200;

/** A text to check, with its name. */
export interface Source {
  name: string;
  text: JsonText;
  /** Whether the user named it, so that it must hold a contract document; by default true. False in a folder. */
  named?: boolean;
  /** The line of the file on which the text starts; by default 1. Undefined if the text is not what the user wrote. */
  firstLine?: number | undefined;
  /** The name of the file that several texts come from, at least one of which must hold a contract document. */
  group?: string;
  /** What kept the text from being read. */
  fault?: { rule: "invalid-json" | "limit-exceeded"; message: string };
  /** Whether what follows the text, which is over a limit, claims the contract. */
  restClaims?: boolean;
  /** Why it was not read at all. */
  ignored?: LeftAloneReason;
}

/**
 * The documents of some texts, which it reads and validates. Nothing disappears: each text has a document, a finding,
 * or an entry in the list of what was ignored.
 */
export class Intake {
  /** The documents found, in order. */
  readonly documents: Document[] = [];
  /** The findings of the reader and the schema, of each document that has any. */
  readonly findings = new Map<Document, Finding[]>();
  /** Findings about texts without a document, and about what only means to be one. */
  readonly loose: Finding[] = [];
  /** The names of the texts with such a finding. */
  readonly unusable = new Set<string>();
  readonly leftAlone: LeftAlone[] = [];
  /** The identities that the documents claim. */
  readonly identities: Identities;
  /** How many more schema violations are listed. */
  private explainable = MAX_FINDINGS;
  private unread = 0;
  private readonly groups = new Map<string, boolean>();

  /**
   * @param judged - false for inputs, which need not be contract documents.
   * @param dirty - collects the texts with places that are not looked up yet.
   * @param inputs - what the inputs are, of documents that are judged.
   */
  constructor(
    private readonly limits: Limits,
    private readonly judged: boolean,
    readonly dirty: Set<Text>,
    inputs?: Intake,
  ) {
    this.identities = new Identities(inputs?.identities);
  }

  /** Reads one text. */
  take(source: Source): void {
    const { name, named = true, group, ignored } = source;
    if (ignored !== undefined) this.leave(name, ignored, null);
    else {
      const found = this.read(source);
      if (group !== undefined && named) this.groups.set(group, found || (this.groups.get(group) ?? false));
    }
  }

  /** Finds the files of several texts that have no document. All texts must have been taken. */
  finish(): void {
    for (const [name, found] of this.groups) {
      if (!found && this.judged) this.refuse(new Text(name, "", this.dirty, undefined), unknownKind(null));
    }
    this.groups.clear();
  }

  /** Reads a text; returns whether it has a document, or a finding instead of one. */
  private read(source: Source): boolean {
    const { name, named = true, group, fault } = source;
    const reading = read(source.text, this.limits);
    const firstLine = "firstLine" in source ? source.firstLine : 1;
    const text = new Text(name, reading.json, this.dirty, firstLine);
    if (fault !== undefined || reading.value === undefined) {
      const problems = fault ? [{ ...fault, pointer: "", offset: 0 }] : reading.problems;
      return this.takeUnreadable(source, text, problems);
    }
    if (this.takeValue(text, reading, reading.value)) return true;
    if (named && this.judged && group === undefined) {
      this.refuse(text, unknownKind(reading.value));
      return true;
    }
    const version = versionOf(reading.value) ?? null;
    this.leave(name, "other-kind", version && firstCharacters(version, MAX_KIND));
    return false;
  }

  /** A text without a value is a finding if it was named or claims the contract; else it is listed. */
  private takeUnreadable(source: Source, text: Text, problems: readonly Problem[]): boolean {
    const { named = true, restClaims = false } = source;
    if (named || restClaims || textClaims(lenient(source.text))) {
      // Of very many broken texts, each is still said to be broken, but not at every place.
      const listed = ++this.unread > MAX_FINDINGS ? problems.slice(-1) : problems;
      for (const problem of listed) this.refuse(text, problem);
      return true;
    }
    this.leave(source.name, problems.at(-1)!.rule === "limit-exceeded" ? "limit-exceeded" : "not-json", null);
    return false;
  }

  /** Takes in the documents in a value, and what means to be one; returns whether there are any. */
  private takeValue(text: Text, reading: Reading, value: Json): boolean {
    const problems = reading.problems.length ? new ProblemIndex(reading.problems) : NO_PROBLEMS;
    const start = this.documents.length;
    let found = false;
    const open: Container[] = isContainer(value) ? [{ pointer: "", node: value }] : [];
    while (open.length) {
      const { pointer, node } = open.pop()!;
      if (isObject(node)) {
        const role = recognise(node);
        if (role) {
          found = true;
          if (this.validate(text, { pointer, role, value: node }, problems, reading)) {
            open.push(...openParts(pointer, role, node).reverse());
            continue;
          }
        } else {
          const miss = nearMiss(node);
          if (miss) {
            found = true;
            this.refuse(text, nearMissProblem(pointer, node, miss));
          }
        }
      }
      open.push(...innerContainers(pointer, node).reverse());
    }
    for (const problem of claimingDuplicates(problems.all)) {
      found = true;
      this.refuse(text, problem);
    }
    // Only now: the schemas are for the numbers of JSON. A document in another one needs its own copy of the shared part.
    const isAlone = reading.isPlain && this.documents.length === start + 1;
    for (let index = start; index < this.documents.length; index++) {
      this.documents[index]!.type(isAlone);
      this.identities.add(this.documents[index]!);
    }
    return found;
  }

  /** Validates a document; returns whether nothing is wrong with it. */
  private validate(text: Text, found: Found, problems: ProblemIndex, reading: Reading): boolean {
    const { pointer, role, value } = found;
    const { findings, listed, ...state } = validated(
      text,
      found,
      problems,
      reading,
      validators[role],
      this.explainable,
    );
    this.explainable -= listed;
    const { isOrdinary } = reading;
    const document = new Document(text, pointer, role, value, { ...state, isOrdinary, judged: this.judged });
    this.documents.push(document);
    if (findings.length) this.findings.set(document, findings);
    return !findings.length;
  }

  private refuse(text: Text, problem: Problem): void {
    this.loose.push(readerFinding(text, problem));
    this.unusable.add(text.name);
  }

  private leave(name: string, reason: LeftAloneReason, kind: string | null): void {
    this.leftAlone.push({ name, reason, kind, judged: this.judged });
  }
}

/** The parts of a valid document in which other documents can be. */
function openParts(pointer: string, role: Role, value: JsonObject): Container[] {
  if (role === "program") {
    return (value["stages"] as JsonObject[]).flatMap((stage, index) =>
      ((stage["pretrain_runs"] ?? []) as JsonObject[]).map((node, place) => {
        return { pointer: `${pointer}/stages/${index}/pretrain_runs/${place}`, node };
      }),
    );
  }
  const node = role === "receipt" && memberOf(value["delivered_execution"], "cluster_execution");
  return isObject(node) ? [{ pointer: `${pointer}/delivered_execution/cluster_execution`, node }] : [];
}

/** The problems of repeated members that replace something of the contract, without those inside another such value. */
function claimingDuplicates(problems: readonly Problem[]): readonly Problem[] {
  if (!problems.length) return problems;
  const repeated = problems
    .filter(({ discarded }) => discarded)
    .sort((one, other) => one.discarded!.start - other.discarded!.start);
  const first = new Map<string, Problem>(); // a pointer has one finding, at the first repetition
  let end = 0;
  const claiming = repeated.filter(({ discarded, pointer }, index) => {
    if (!first.has(pointer)) first.set(pointer, repeated[index]!);
    if (discarded!.start < end) return false;
    end = discarded!.end;
    return discardedClaims(discarded!);
  });
  return claiming.map(({ pointer }) => first.get(pointer)!);
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
