// Documents in, a report out: reading, schemas, references, rules.

import type { Document } from "./document.js";
import { type Finding, MAX_FINDINGS, type Report, severityOf, type Skipped, tooMany } from "./findings.js";
import { type Source, takeIn } from "./intake.js";
import { type Documents, KINDS, type Role, TITLES } from "./kinds.js";
import { type JsonText, type Limits, tagOf } from "./reader.js";
import { type Failure, Library } from "./references.js";
import type { Check, Flaw } from "./rules/check.js";
import { checksFor } from "./rules/index.js";

/** Texts by their names: a plain object, a Map, or any other iterable of pairs. */
export type Texts = Readonly<Record<string, JsonText>> | Iterable<readonly [name: string, text: JsonText]>;

/** How documents are checked. */
export interface Options {
  /**
   * Documents that may be referred to and are not judged: they are held to the contract only where a judged
   * document reaches them.
   */
  inputs?: Texts;
  /** Whether warnings decide the verdict too. */
  strict?: boolean;
  /** What the reader accepts at most, per document. */
  limits?: Partial<Limits>;
}

/**
 * Checks documents against each other, against the inputs, and against the digests they carry.
 *
 * Nothing in the documents makes it throw: what is wrong with them is a finding. Every document counts as named on
 * purpose, so one that is no contract document is a finding too.
 *
 * @throws TypeError an argument is of the wrong type.
 */
export function checkDocuments(documents: Texts, options: Options = {}): Report {
  return check(sourcesOf(documents), sourcesOf(options.inputs ?? {}), options);
}

/** As `checkDocuments`, of texts in a list. */
export function check(documents: Iterable<Source>, inputs: Iterable<Source>, options: Options): Report {
  const given = takeIn(inputs, options.limits ?? {}, false);
  const judged = takeIn(documents, options.limits ?? {}, true);
  const library = new Library([...given.documents.keys(), ...judged.documents.keys()]);
  const findings = [...given.loose, ...judged.loose];
  const skipped: Skipped[] = [];
  for (const document of [...judged.documents.keys(), ...reached(library, judged.documents.keys())]) {
    findings.push(...(judged.documents.get(document) ?? given.documents.get(document)!));
    judge(document, library, findings, skipped);
  }
  const decides = (finding: Finding) => finding.severity === "error" || options.strict === true;
  const isConsistent = judged.documents.size > 0 && !findings.some(decides);
  return {
    verdict: isConsistent ? "consistent" : "inconsistent",
    findings,
    skipped,
    documents: [...judged.documents.keys(), ...given.documents.keys()].map((document) => ({
      document: document.name,
      pointer: document.pointer,
      role: document.role,
      kind: KINDS[document.role],
      judged: document.judged,
    })),
  };
}

function sourcesOf(texts: Texts): Source[] {
  return Array.from(pairsOf(texts), (pair) => {
    if (!Array.isArray(pair) || typeof pair[0] !== "string") {
      throw new TypeError(`a pair of a name and a text expected, not ${tagOf(pair)}`);
    }
    const [name, text] = pair as [string, JsonText];
    return { name, text };
  });
}

function pairsOf(texts: Texts): Iterable<unknown> {
  if (typeof texts === "object" && texts !== null) {
    if (Symbol.iterator in texts) return texts;
    if (isPlain(texts)) return Object.entries(texts);
  }
  throw new TypeError(`texts by name (a plain object, a Map or pairs) expected, not ${tagOf(texts)}`);
}

/** Whether an object is of no class: a Promise or a Response has no entries and would pass for no texts. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // Object.prototype of any frame
}

/** The inputs to which judged documents refer, directly or through a config. */
function reached(library: Library, judged: Iterable<Document>): Set<Document> {
  const inputs = new Set<Document>();
  for (const document of judged) {
    for (const found of Object.values(library.around(document).found)) {
      if (!found.judged) inputs.add(found);
    }
  }
  return inputs;
}

function judge(document: Document, library: Library, findings: Finding[], skipped: Skipped[]): void {
  const { found, failures } = library.around(document);
  findings.push(...failures.map((failure) => unresolved(document, failure)));
  const documents: Partial<Record<Role, Document>> = { ...found, [document.role]: document };
  const values = Object.fromEntries(Object.entries(documents).map(([role, { value }]) => [role, value]));
  const place = { document: document.name, pointer: document.pointer };
  for (const check of checksFor(document.role)) {
    const reason = whyNot(check, documents);
    if (reason !== undefined) {
      skipped.push(...check.rules.map((rule) => ({ rule, ...place, reason })));
      continue;
    }
    let count = 0;
    for (const flaw of check.apply(values as unknown as Documents)) {
      if (++count > MAX_FINDINGS) {
        const { rule, message } = tooMany(document.pointer);
        findings.push({ rule, severity: severityOf(rule), ...place, message, related: [] });
        break;
      }
      findings.push(finding(check, flaw, documents));
    }
  }
}

/** Why a check cannot be applied; undefined where it can. */
function whyNot(check: Check, documents: Partial<Record<Role, Document>>): string | undefined {
  for (const [role, pointers] of Object.entries(check.reads) as [Role, readonly string[]][]) {
    const document = documents[role];
    if (!document) return `no ${TITLES[role]} to hold it against`;
    if (document.isBrokenAt(pointers))
      return `something that it reads of the ${TITLES[role]} ${document.name} is broken`;
  }
  return undefined;
}

function finding(check: Check, flaw: Flaw, documents: Partial<Record<Role, Document>>): Finding {
  const { rule = check.rules[0], role = check.judges, pointer, message, against = [], ...values } = flaw;
  const place = (document: Document, at: string) => ({
    document: document.name,
    pointer: document.pointer + at,
  });
  return {
    rule,
    severity: severityOf(rule),
    ...place(documents[role]!, pointer),
    message,
    ...values,
    related: against.map(([other, at]) => place(documents[other]!, at)),
  };
}

function unresolved(document: Document, { rule, role, pointer, candidates }: Failure): Finding {
  const message =
    rule === "ambiguous-reference"
      ? `${candidates.length} different documents claim to be the ${TITLES[role]} that is referred to`
      : `the ${TITLES[role]} that is referred to is not among the documents`;
  return {
    rule,
    severity: severityOf(rule),
    document: document.name,
    pointer: document.pointer + pointer,
    message,
    related: candidates.map(({ name, pointer: at }) => ({ document: name, pointer: at })),
  };
}
