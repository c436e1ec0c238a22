// Documents in, a report out: reading, schemas, references, rules.

import type { Document } from "./document.js";
import {
  finding,
  type Finding,
  MAX_FINDINGS,
  type Place,
  type Report,
  type Skipped,
  tooMany,
} from "./findings.js";
import { type Source, takeIn } from "./intake.js";
import { type Documents, KINDS, type Role, TITLES } from "./kinds.js";
import { type JsonText, type Limits, tagOf } from "./reader.js";
import { type Failure, Library } from "./references.js";
import type { Flaw } from "./rules/check.js";
import { type Check, checksFor } from "./rules/index.js";

/** Texts by their names: a plain object, a Map, or any other iterable of pairs. */
export type Texts = Readonly<Record<string, JsonText>> | Iterable<readonly [name: string, text: JsonText]>;

/** Options of a check. */
export interface Options {
  /** Documents that others may refer to. They are judged only where a judged document refers to them. */
  inputs?: Texts;
  /** Whether warnings decide the verdict too. */
  strict?: boolean;
  /** The limits of the reader, per document. */
  limits?: Partial<Limits>;
}

/**
 * Checks documents against each other, against the inputs, and against the digests they carry.
 *
 * Nothing in the documents throws: what is wrong with them is a finding. Each of the documents must be a contract
 * document; one that is not is a finding, too.
 *
 * @throws TypeError if an argument has the wrong type.
 */
export function checkDocuments(documents: Texts, options: Options = {}): Report {
  return check(sourcesOf(documents), sourcesOf(options.inputs ?? {}), options);
}

/** `checkDocuments` for texts in a list, whose names may repeat. */
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
      throw new TypeError(`expected a pair of a name and a text, not ${tagOf(pair)}`);
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
  throw new TypeError(`expected texts by name (a plain object, a Map or pairs), not ${tagOf(texts)}`);
}

/** Whether an object has no class. A Promise or a Response has no entries and would count as no texts. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // the Object.prototype of any frame
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

/** Applies to one document the rules about its references and the checks that judge it. */
function judge(document: Document, library: Library, findings: Finding[], skipped: Skipped[]): void {
  const { found, failures } = library.around(document);
  findings.push(...failures.map((failure) => unresolved(document, failure)));
  const documents: Partial<Record<Role, Document>> = { ...found, [document.role]: document };
  const values = Object.fromEntries(Object.entries(documents).map(([role, { value }]) => [role, value]));
  for (const check of checksFor(document.role)) {
    const reason = whyNot(check, documents);
    if (reason !== undefined) {
      skipped.push(...check.rules.map((rule) => ({ rule, ...placeIn(document), reason })));
      continue;
    }
    let count = 0;
    for (const flaw of check.apply(values as unknown as Documents)) {
      if (++count > MAX_FINDINGS) {
        findings.push(finding(document.name, tooMany(document.pointer)));
        break;
      }
      findings.push(broken(check, flaw, documents));
    }
  }
}

/** The reason why a check cannot be applied; undefined where it can. */
function whyNot(check: Check, documents: Partial<Record<Role, Document>>): string | undefined {
  for (const [role, pointers] of Object.entries(check.reads) as [Role, readonly string[]][]) {
    const document = documents[role];
    if (!document) return `no ${TITLES[role]} to compare with`;
    if (document.isBrokenAt(pointers)) return `the ${TITLES[role]} ${document.name} is broken`;
  }
  return undefined;
}

/** The finding that a rule is broken. */
function broken(check: Check, flaw: Flaw, documents: Partial<Record<Role, Document>>): Finding {
  const { rule = check.rules[0], role = check.judges, pointer, related = [], ...others } = flaw;
  const { document, pointer: place } = placeIn(documents[role]!, pointer);
  const places = related.map(([other, at]) => placeIn(documents[other]!, at));
  return finding(document, { rule, ...others, pointer: place, related: places });
}

/** The finding that a reference leads to no document, or to several. */
function unresolved(document: Document, { rule, role, pointer, candidates }: Failure): Finding {
  const message =
    rule === "ambiguous-reference"
      ? `refers to a ${TITLES[role]}, but ${candidates.length} different documents match`
      : `refers to a ${TITLES[role]} that is not among the documents`;
  const { document: name, pointer: place } = placeIn(document, pointer);
  const related = candidates.map((candidate) => placeIn(candidate));
  return finding(name, { rule, pointer: place, message, related });
}

function placeIn(document: Document, pointer = ""): Place {
  return { document: document.name, pointer: document.pointer + pointer };
}
