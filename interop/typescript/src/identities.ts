// Documents that claim the same identity, whether or not one refers to another.

import { difference } from "./differences.js";
import type { Document } from "./document.js";
import { Finding, MAX_FINDINGS, tooMany } from "./findings.js";
import { IDENTITIES, identityNames, TITLES } from "./kinds.js";
import { contentDigest } from "./memory.js";
import { excerpt } from "./messages.js";

/** A member that makes an identity: its pointer and its value. */
type Member = readonly [pointer: string, value: string];

/** The identities that some documents claim. */
export class Identities {
  private readonly byClaim = new Map<string, Document[]>();
  /** The different documents with each identity, as far as somebody asked. */
  private readonly different = new Map<string, Document[]>();

  /** @param known - those of other documents, which come before these. */
  constructor(private readonly known?: Identities) {}

  /**
   * Takes in a document. The digests by which documents are compared are computed here, one at a time, and not for all of
   * them at the end, which would be a long task.
   */
  add(document: Document): void {
    const members = claimed(document);
    if (!members) return;
    const claim = JSON.stringify([document.role, ...members.map(([, value]) => value)]);
    const claimants = this.byClaim.get(claim);
    if (claimants) claimants.push(document);
    else this.byClaim.set(claim, [document]);
    if (claimants || this.known?.byClaim.has(claim)) contentDigest(document.value);
  }

  /** The findings on documents that claim the identity of another one, or a known one, with other content. */
  conflicts(): Finding[] {
    const findings: Finding[] = [];
    for (const [claim, claimants] of this.byClaim) {
      const known = this.known?.differentOnes(claim) ?? [];
      if (known.length + claimants.length < 2) continue;
      const [first, ...others] = distinct([...known, ...inOrder(claimants)]);
      for (const other of others.slice(Math.max(known.length, 1) - 1)) {
        if (findings.length === MAX_FINDINGS) {
          return [...findings, new Finding(other.text, tooMany("identity-conflict", other.pointer))];
        }
        findings.push(conflict(other, first!));
      }
    }
    return findings;
  }

  private differentOnes(claim: string): Document[] {
    let found = this.different.get(claim);
    if (!found && this.byClaim.has(claim)) {
      this.different.set(claim, (found = distinct(inOrder(this.byClaim.get(claim)!))));
    }
    return found ?? [];
  }
}

/** The members with which a document claims an identity; undefined if it claims none. */
function claimed({ role, broken, value, identity }: Document): Member[] | undefined {
  // A digest D2 binds all of a descriptor, so that two never conflict.
  if (broken.length || role === "descriptor" || !identity) return undefined;
  if (role === "receipt") return [["/receipt_digest", value["receipt_digest"] as string]];
  return IDENTITIES[role].map((path, index) => [`/${path.join("/")}`, identity[index]!]);
}

/** The documents in the order of texts, and in a text in that of pointers. */
function inOrder(documents: Document[]): Document[] {
  if (documents.length < 2) return documents;
  const texts = new Map<string, number>();
  for (const { name } of documents) if (!texts.has(name)) texts.set(name, texts.size);
  return [...documents].sort(
    (one, other) => texts.get(one.name)! - texts.get(other.name)! || (one.pointer < other.pointer ? -1 : 1),
  );
}

/** The first document of each content. */
function distinct(documents: Document[]): Document[] {
  if (documents.length < 2) return documents;
  const found = new Map<string, Document>();
  for (const document of documents) {
    const content = contentDigest(document.value);
    if (!found.has(content)) found.set(content, document);
  }
  return [...found.values()];
}

function conflict(document: Document, first: Document): Finding {
  const members = claimed(document)!;
  const [pointer, actual] = members[0]!;
  const names = document.role === "receipt" ? ["receipt_digest"] : identityNames(document.role);
  const named = names.map((name, index) => `${name} ${excerpt(members[index]![1])}`).join(" and ");
  return new Finding(document.text, {
    rule: "identity-conflict",
    pointer: document.pointer + pointer,
    message: `another ${TITLES[document.role]} with ${named} has other content; they differ in ${difference(document.value, first.value)}`,
    actual,
    related: [first.related(pointer)],
  });
}
