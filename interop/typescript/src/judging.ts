// The steps of a check after reading: references, rules, the report.

import { confusables, isOdd } from "./confusables.js";
import type { Document } from "./document.js";
import { type DocumentEntry, type Finding, Report, type Skipped } from "./findings.js";
import type { Intake } from "./intake.js";
import type { Role } from "./kinds.js";
import { distinct } from "./distinct.js";
import { Listing } from "./listing.js";
import { Library } from "./references.js";
import type { Text } from "./text.js";

/** Documents that others may refer to, with everything that depends only on them. */
export class Inputs {
  readonly library: Library;
  /** The findings on several documents that claim the same identity. */
  readonly conflicts: readonly Finding[];
  /** The findings on the texts, and on documents to which nothing can refer. */
  readonly findings: Finding[];
  /** The verdicts on documents. */
  readonly verdicts = new Map<Document, Listing>();

  private entries: readonly DocumentEntry[] | undefined;

  constructor(readonly intake: Intake) {
    this.library = new Library(intake.documents);
    this.conflicts = intake.identities.conflicts();
    this.findings = [...intake.loose];
    for (const document of intake.documents) {
      // Nothing can refer to it, although it may be what a reference means.
      if (REFERABLE.has(document.role) && !document.identity)
        this.findings.push(...(intake.findings.get(document) ?? []));
    }
  }

  /** Some of the documents, in order. */
  inOrder(some: ReadonlySet<Document>): Document[] {
    return this.intake.documents.filter((document) => some.has(document));
  }

  /** The entries of the documents in a report, with what they refer to in a library. */
  entriesIn(library: Library): readonly DocumentEntry[] {
    if (library === this.library && this.entries) return this.entries;
    const entries = this.intake.documents.map((each) => each.entry(library.around(each).references));
    if (library === this.library) this.entries = entries;
    return entries;
  }

  /** The texts with places that are not looked up yet. */
  get dirty(): Set<Text> {
    return this.intake.dirty;
  }
}

/** The roles of documents that others refer to. */
const REFERABLE: ReadonlySet<Role> = new Set(["config", "descriptor", "corpus", "policy"]);

/** What a check finds out about one document, or about no single one. */
export interface Part {
  /** The document; undefined for findings on texts, and on several documents together. */
  document?: DocumentEntry;
  findings: readonly Finding[];
  skipped: readonly Skipped[];
}

/**
 * Judges documents one by one, in the order of a report: findings on texts first, then the documents, then the inputs to
 * which they refer, and what concerns several documents together last. The places of findings are not looked up yet.
 */
export function* judged(inputs: Inputs, intake: Intake, library: Library): Generator<Part> {
  const isOwn = library !== inputs.library;
  const unusable = [...inputs.intake.unusable, ...intake.unusable];
  const listing = new Listing([...inputs.findings, ...intake.loose]);
  const isNew = distinct();
  yield listing.taken(isNew);
  const reached = new Set<Document>();
  let hasOdd = false;
  for (const document of intake.documents) {
    const around = library.around(document);
    for (const role in around.found) {
      const found = around.found[role as Role]!;
      if (!found.judged) reached.add(found);
    }
    hasOdd = isOdd(document) || hasOdd;
    listing.judge(document, around, intake.findings.get(document) ?? [], unusable);
    const { findings, skipped } = listing.taken(isNew);
    yield { document: document.entry(around.references), findings, skipped };
  }
  // Verdicts on inputs are kept, unless the inputs may refer to what is judged.
  const verdicts = isOwn || intake.unusable.size ? new Map<Document, Listing>() : inputs.verdicts;
  for (const document of reached) {
    hasOdd = isOdd(document) || hasOdd;
    let verdict = verdicts.get(document);
    if (!verdict) {
      verdict = new Listing();
      verdict.judge(document, library.around(document), inputs.intake.findings.get(document) ?? [], unusable);
      verdicts.set(document, verdict);
    }
    listing.include(verdict, document);
  }
  listing.add(inputs.conflicts);
  listing.add(intake.identities.conflicts());
  if (hasOdd) listing.add(confusables([...intake.documents, ...inputs.inOrder(reached)]));
  listing.finish();
  yield listing.taken(isNew);
}

/** What documents may refer to: the inputs, and each other. */
export function libraryFor(inputs: Inputs, intake: Intake): Library {
  const isReferable = intake.documents.some(({ role }) => REFERABLE.has(role));
  return isReferable ? inputs.library.extended(intake.documents) : inputs.library;
}

/** The report of all parts. */
export function reportOf(
  parts: readonly Part[],
  inputs: Inputs,
  intake: Intake,
  library: Library,
  strict: boolean,
): Report {
  const leftAlone = [...intake.leftAlone, ...inputs.intake.leftAlone];
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  const documents: DocumentEntry[] = [];
  for (const part of parts) {
    if (part.document) documents.push(part.document);
    for (const each of part.findings) findings.push(each);
    for (const each of part.skipped) skipped.push(each);
  }
  for (const each of inputs.entriesIn(library)) documents.push(each);
  return new Report(findings, skipped, documents, leftAlone, strict);
}
