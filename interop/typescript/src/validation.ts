// Validates one document: what the reader and the schema find in it.

import { Finding, MAX_FINDINGS, noPlace, type Problem, type Related, tooMany } from "./findings.js";
import type { Json } from "./json.js";
import { type Role, TITLES } from "./kinds.js";
import type { Reading } from "./reader.js";
import { type Validate, violations } from "./schema.js";
import type { Text } from "./text.js";

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

const SOUND: Validation = { findings: [], listed: 0, broken: [], isExplained: true, isMisread: false };

/**
 * Validates one document.
 *
 * @param validate - the validator of its role.
 * @param limit - how many violations of the schema are listed.
 */
export function validated(
  text: Text,
  { pointer, role, value }: { pointer: string; role: Role; value: Json },
  problems: ProblemIndex,
  { isPlain }: Pick<Reading, "isPlain">,
  validate: Validate,
  limit = MAX_FINDINGS,
): Validation {
  if (isPlain && validate(value)) return SOUND;
  const { above, inside } = problems.of(pointer);
  // A problem above the document, such as a duplicate member that contains it, breaks all of it.
  const refused = new Set(inside.map((problem) => problem.pointer.slice(pointer.length)));
  if (above.length) refused.add("");
  const isMisread = refused.size > 0;
  const failed = violations(role, value, validate, limit);
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

export const NO_PROBLEMS = new ProblemIndex([]);

/** The finding about a problem of the reader. The other member of a repeated one has the same pointer. */
export function readerFinding(text: Text, problem: Problem): Finding {
  if (problem.other === undefined) return new Finding(text, problem);
  const other: Related = noPlace(text.name, problem.pointer);
  text.add(other, problem.other);
  return new Finding(text, { ...problem, related: [other] });
}
