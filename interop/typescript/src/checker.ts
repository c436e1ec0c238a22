// Documents in, a report out: reading, schemas, references, rules.

import { checkNames, checkType, described, isBytes, isPlain, tagOf } from "./arguments.js";
import type { Document } from "./document.js";
import { Finding, MAX_FINDINGS, Report, type Skipped, tooMany } from "./findings.js";
import { confusables } from "./confusables.js";
import { conflicts } from "./identities.js";
import { type Source, takeIn } from "./intake.js";
import { type Documents, type Role, TITLES } from "./kinds.js";
import { excerpt, listed } from "./messages.js";
import { type JsonText, type Limits, limitsOf } from "./reader.js";
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
 * @throws TypeError if an argument has the wrong type, or an option is unknown.
 */
export function checkDocuments(documents: Texts, options: Options = {}): Report {
  checkNames("option", options, ["inputs", "strict", "limits"]);
  checkType("strict", options.strict, "boolean");
  const { inputs = {}, strict = false } = options;
  const limits = limitsOf(options.limits);
  return check(sourcesOf("documents", documents), sourcesOf("inputs", inputs), strict, limits);
}

/** `checkDocuments` for texts in a list, whose names may repeat. */
export function check(
  documents: Iterable<Source>,
  inputs: Iterable<Source>,
  strict: boolean,
  limits: Limits,
): Report {
  const given = takeIn(inputs, limits, false);
  const judged = takeIn(documents, limits, true);
  const library = new Library([...given.documents.keys(), ...judged.documents.keys()]);
  const findings = [...given.loose, ...judged.loose];
  for (const [document, own] of given.documents) {
    // Nothing can refer to it, although it may be what a reference means.
    if (REFERABLE.has(document.role) && !document.identity) findings.push(...own);
  }
  const unusable = [...given.unusable, ...judged.unusable];
  const skipped: Skipped[] = [];
  const used = reached(library, judged.documents.keys());
  for (const document of [...judged.documents.keys(), ...used]) {
    findings.push(...(judged.documents.get(document) ?? given.documents.get(document)!));
    judge(document, library, unusable, findings, skipped);
  }
  findings.push(...conflicts([...given.documents.keys(), ...judged.documents.keys()]));
  const covered = [...given.documents.keys()].filter((document) => used.has(document));
  findings.push(...confusables([...judged.documents.keys(), ...covered]));
  for (const text of [...judged.texts, ...given.texts]) text.locate();
  const all = [...judged.documents.keys(), ...given.documents.keys()];
  return new Report(
    distinct(findings),
    skipped,
    all.map((document) => document.entry()),
    given.ignored,
    strict,
  );
}

/** The roles of documents that others refer to. */
const REFERABLE: ReadonlySet<Role> = new Set(["config", "descriptor", "corpus", "policy"]);

/** Each finding once: a receipt inside a program is validated twice. */
function distinct(findings: Finding[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of findings) {
    const { rule, document, pointer, keyword = "", message } = finding;
    const key = [rule, document, pointer, keyword, message].join("\0");
    if (!found.has(key)) found.set(key, finding);
  }
  return [...found.values()];
}

/** The texts of an argument, with their names. */
function sourcesOf(argument: string, texts: Texts): Source[] {
  return Array.from(pairsOf(argument, texts), (pair) => {
    if (!Array.isArray(pair)) {
      throw new TypeError(`expected pairs of a name and a text in ${argument}, not ${tagOf(pair)}`);
    }
    const [name, text] = pair as [unknown, unknown];
    if (typeof name !== "string") {
      throw new TypeError(`expected a string as the name of a text in ${argument}, not ${described(name)}`);
    }
    if (typeof text !== "string" && !isBytes(text)) {
      const named = `${argument}[${JSON.stringify(name)}]`;
      const hint = tagOf(text) === "Promise" ? "; await it first" : "";
      throw new TypeError(
        `expected bytes (Uint8Array or ArrayBuffer) or a string as ${named}, not ${described(text)}${hint}`,
      );
    }
    return { name, text };
  });
}

function pairsOf(argument: string, texts: unknown): Iterable<unknown> {
  if (typeof texts === "object" && texts !== null) {
    if (Symbol.iterator in texts) return texts as Iterable<unknown>;
    if (isPlain(texts)) return Object.entries(texts);
  }
  throw new TypeError(
    `expected texts by name (a plain object, a Map or pairs) as ${argument}, not ${described(texts)}`,
  );
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
function judge(
  document: Document,
  library: Library,
  unusable: readonly string[],
  findings: Finding[],
  skipped: Skipped[],
): void {
  const { found, failures } = library.around(document);
  findings.push(...failures.map((failure) => unresolved(document, failure, unusable)));
  const documents: Partial<Record<Role, Document>> = { ...found, [document.role]: document };
  const values = Object.fromEntries(Object.entries(documents).map(([role, { value }]) => [role, value]));
  for (const check of checksFor(document.role)) {
    const reason = whyNot(check, documents);
    if (reason !== undefined) {
      const { name, pointer } = document;
      skipped.push(...check.rules.map((rule) => ({ rule, document: name, pointer, reason })));
      continue;
    }
    let count = 0;
    for (const flaw of check.apply(values as unknown as Documents)) {
      if (++count > MAX_FINDINGS) {
        findings.push(new Finding(document.text, tooMany(flaw.rule ?? check.rules[0], document.pointer)));
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
    const at = document.brokenAt(pointers);
    if (at !== undefined) return `the ${TITLES[role]} ${document.name} is broken at ${document.pointer}${at}`;
  }
  return undefined;
}

/** The finding that a rule is broken. */
function broken(check: Check, flaw: Flaw, documents: Partial<Record<Role, Document>>): Finding {
  const { rule = check.rules[0], role = check.judges, pointer, related = [], ...others } = flaw;
  const document = documents[role]!;
  return new Finding(document.text, {
    rule,
    ...others,
    pointer: document.pointer + pointer,
    related: related.map(([other, at]) => documents[other]!.related(at)),
  });
}

/** The finding that a reference leads to no document, or to several. */
function unresolved(document: Document, failure: Failure, unusable: readonly string[]): Finding {
  const { rule, role, pointer, wanted, candidates, count, differing } = failure;
  const title = TITLES[role];
  const names = Object.entries(wanted).map(([name, value]) => `${name} ${excerpt(value)}`);
  const target = `${title} with ${names.join(" and ")}`;
  const identities = [...new Set(candidates.map(({ identity }) => identity!.join(" ")))].sort();
  const available = count
    ? `available: ${listed(identities, count - candidates.length + identities.length)}`
    : `no ${title} is available`;
  const message =
    rule === "ambiguous-reference"
      ? `${count} different documents claim to be the ${target}; the first two differ in ${differing}`
      : `no ${target} among the documents; ${available}`;
  const lost = unusable.length ? `; could not be used: ${listed(unusable)}` : "";
  return new Finding(document.text, {
    rule,
    pointer: document.pointer + pointer,
    message: message + lost,
    actual: Object.values(wanted)[0],
    related: candidates.map((candidate) => candidate.related("")),
  });
}
