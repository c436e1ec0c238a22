// The findings of a check, as far as they are listed.

import type { Document } from "./document.js";
import { Finding, MAX_FINDINGS, type Skipped, tooMany } from "./findings.js";
import { type Documents, TITLES } from "./kinds.js";
import { excerpt, listed } from "./messages.js";
import type { Failure, Found, Surroundings } from "./references.js";
import { type Flaw, NONE } from "./rules/check.js";
import { type Check, CHECKS } from "./rules/index.js";

/**
 * Findings and skipped rules, as far as they are listed. After `MAX_FINDINGS` of either, only the first finding of each
 * severity is listed of each further document. So the list is bounded, and the verdict on every document is the same as
 * without the bound.
 */
export class Listing {
  private skipped: Skipped[] = [];
  /** How many findings and skipped rules were taken away already; see `taken`. */
  private readonly gone = { findings: 0, skipped: 0 };
  private unlisted = 0;
  private unlistedSkipped = 0;
  private firstUnlisted: Document | undefined;

  constructor(private findings: Finding[] = []) {}

  /** Takes away what is listed so far, without the findings that are not new. */
  taken(isNew: (finding: Finding) => boolean): { findings: readonly Finding[]; skipped: readonly Skipped[] } {
    const { findings, skipped } = this;
    if (!findings.length && !skipped.length) return NOTHING;
    this.gone.findings += findings.length;
    this.gone.skipped += skipped.length;
    [this.findings, this.skipped] = [[], []];
    return { findings: findings.filter(isNew), skipped };
  }

  /**
   * Adds the findings on one document: its own, those on its references, then those of the rules.
   *
   * @param own - the findings of the reader and the schema.
   * @param unusable - names of texts that may be what a reference means, but could not be used.
   */
  judge(
    document: Document,
    surroundings: Surroundings,
    own: readonly Finding[],
    unusable: readonly string[],
  ): void {
    if (this.isFull()) {
      const alone = new Listing();
      alone.judge(document, surroundings, own, unusable);
      this.include(alone, document);
      return;
    }
    const { findings } = this;
    const { found, failures, isSound } = surroundings;
    for (const each of own) findings.push(each);
    for (const failure of failures) findings.push(unresolved(document, failure, unusable));
    const { checks, needs } = CHECKS[document.role];
    const documents: Found = { ...found, [document.role]: document };
    const values = valuesOf(documents);
    const allApply = isSound && !document.broken.length && needs.every((role) => documents[role]);
    for (const check of checks) {
      if (!allApply && this.skips(check, document, documents)) continue;
      const flaws = check.apply(values);
      if (flaws === NONE) continue;
      let count = 0;
      for (const flaw of flaws) {
        if (++count > MAX_FINDINGS) {
          const problem = tooMany(flaw.rule ?? check.rules[0], document.pointer);
          findings.push(new Finding(document.text, problem));
          break;
        }
        findings.push(broken(check, flaw, documents));
      }
    }
  }

  /** Adds what another list has, which is about one document. */
  include(other: Listing, document: Document): void {
    if (!other.findings.length && !other.skipped.length) return;
    const start = this.findings.length;
    const isFull = this.isFull();
    this.findings.push(...other.findings);
    if (isFull) this.shorten(start, document);
    const room = Math.max(0, MAX_FINDINGS - this.countSkipped());
    this.skipped.push(...other.skipped.slice(0, room));
    if (other.skipped.length <= room) return;
    this.unlistedSkipped += other.skipped.length - room;
    this.firstUnlisted ??= document;
  }

  /** Adds the findings of a rule on all documents together. */
  add(findings: readonly Finding[]): void {
    this.findings.push(...findings);
  }

  /** Says what is not listed. */
  finish(): void {
    const document = this.firstUnlisted;
    if (!document) return;
    const message =
      `from this document on, at least ${this.unlisted} findings and ${this.unlistedSkipped} skipped rules are ` +
      "not listed, only the first finding of each document; check a document alone to see all of its own";
    const { text, pointer } = document;
    this.findings.push(new Finding(text, { rule: "unlisted-findings", pointer, message }));
  }

  private isFull(): boolean {
    return this.gone.findings + this.findings.length >= MAX_FINDINGS;
  }

  private countSkipped(): number {
    return this.gone.skipped + this.skipped.length;
  }

  /** Keeps of the findings from `start` on only the first of each severity. */
  private shorten(start: number, document: Document): void {
    const added = this.findings.splice(start);
    const kept = added.filter((each, index) => {
      return added.findIndex(({ severity }) => severity === each.severity) === index;
    });
    this.findings.push(...kept);
    if (added.length === kept.length) return;
    this.unlisted += added.length - kept.length;
    this.firstUnlisted ??= document;
  }

  /** Whether a check cannot be applied; then its rules are listed as skipped. */
  private skips(check: Check, document: Document, documents: Found): boolean {
    const reason = whyNot(check, documents);
    if (reason === undefined) return false;
    if (this.countSkipped() < MAX_FINDINGS) {
      const { name, pointer } = document;
      this.skipped.push(...check.rules.map((rule) => ({ rule, document: name, pointer, reason })));
    } else {
      this.unlistedSkipped += check.rules.length;
      this.firstUnlisted ??= document;
    }
    return true;
  }
}

const NOTHING = { findings: [], skipped: [] };

/** The values of documents. Always in an object of one form, which makes reading its members fast. */
function valuesOf({ config, receipt, descriptor, corpus, policy, program }: Found): Documents {
  const values = {
    config: config?.value,
    receipt: receipt?.value,
    descriptor: descriptor?.value,
    corpus: corpus?.value,
    policy: policy?.value,
    program: program?.value,
  };
  return values as unknown as Documents; // at least those that the check reads are there
}

/** The reason why a check cannot be applied; undefined where it can. */
function whyNot(check: Check, documents: Found): string | undefined {
  for (const [role, pointers] of check.needs) {
    const document = documents[role];
    if (!document) return `no ${TITLES[role]} to compare with`;
    const at = document.brokenAt(pointers);
    if (at !== undefined) return `the ${TITLES[role]} ${document.name} is broken at ${document.pointer}${at}`;
  }
  return undefined;
}

/** The finding that a rule is broken. */
function broken(check: Check, flaw: Flaw, documents: Found): Finding {
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
