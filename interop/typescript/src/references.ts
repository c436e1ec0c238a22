// Finds the documents to which a receipt or a config refers.

import { contentJson } from "./canonical.js";
import { difference } from "./differences.js";
import type { Document } from "./document.js";
import type { ResolvedReference } from "./findings.js";
import type { CompactDecoderDescriptor } from "./generated/types.js";
import { type Json, memberOf } from "./json.js";
import { identityNames, type Role } from "./kinds.js";
import { contentDigest, modelDescriptorDigest } from "./memory.js";

/** The members that a receipt copies from its config. */
const SHARED_MEMBERS = [
  "run_id",
  "stage_id",
  "model_id",
  "model_descriptor_digest",
  "tokenizer_binding_digest",
  "dataset_identity",
  "sampling_policy_id",
  "sampling_policy_version",
] as const;

/** How many candidates a failed reference lists. */
const MAX_CANDIDATES = 10;

/** A reference that matches no document, or several. */
export interface Failure {
  rule: "unresolved-reference" | "ambiguous-reference";
  /** The role of the document referred to. */
  role: Role;
  /** The place of the reference in the document that refers. */
  pointer: string;
  /** The identity of the document referred to, by member. */
  wanted: Record<string, Json>;
  /** The documents that match; where none does, all documents of the role. The first ones, if there are many. */
  candidates: readonly Document[];
  /** The number of all candidates. */
  count: number;
  /** Of documents that match, where the first two differ, in words. */
  differing: string;
}

/** Documents by role. */
export type Found = Partial<Record<Role, Document>>;

/** The documents to which a document refers, and the references that failed. */
export interface Surroundings {
  /** By role; those of a receipt include those of its config. */
  found: Found;
  failures: readonly Failure[];
  /** The references of the document itself. */
  references: readonly ResolvedReference[];
  /** Whether nothing is broken in the documents found. */
  isSound: boolean;
}

const NOTHING: Surroundings = { found: {}, failures: [], references: [], isSound: true };

/** A kind of reference. */
interface Reference {
  /** The role of the document referred to. */
  role: Role;
  /** The members that identify it, which must not be broken. A failure is reported at the first of them. */
  by: readonly string[];
  /** Other members that must not be broken. */
  needs?: readonly string[];
  /** The values by which to choose among documents of the same identity. */
  chooses?: readonly [by: Key, values: (from: Document) => Json[]];
  /** The look-ups of documents that are meant although their identity is another one. */
  near(from: Document, library: Library): (readonly [by: Key, values: readonly Json[]])[];
}

/** The values by which documents of a role are indexed; undefined for a document that is not to be found so. */
type Key = (document: Document) => readonly Json[] | undefined;

const IDENTITY: Key = ({ identity }) => identity;

/** The documents that may be referred to. All look-ups use an index, so their time does not depend on the number. */
export class Library {
  private readonly byRole = new Map<Role, Document[]>();
  private readonly surroundings = new Map<Document, Surroundings>();
  private readonly beyond = new Map<Document, { found: Found; isSound: boolean }>();
  private readonly indexes = new Map<Role, Map<Key, Map<string, Document[]>>>();
  private readonly differences = new Map<readonly Document[], string>();
  private readonly distinct = new WeakMap<readonly Document[], readonly Document[]>();

  /** @param documents - inputs first, otherwise in the order in which they were given. */
  constructor(private readonly documents: readonly Document[]) {
    for (const document of documents) {
      if (document.identity) append(this.byRole, document.role, document);
    }
  }

  /** A library that has these documents, too. */
  extended(documents: readonly Document[]): Library {
    return new Library([...this.documents, ...documents]);
  }

  /** The documents to which a document refers. */
  around(document: Document): Surroundings {
    const references = REFERENCES[document.role];
    if (!references) return NOTHING;
    if (document.role === "receipt") return this.lookAround(document, references); // nothing asks for it again
    let around = this.surroundings.get(document);
    if (!around) this.surroundings.set(document, (around = this.lookAround(document, references)));
    return around;
  }

  private lookAround(document: Document, references: readonly Reference[]): Surroundings {
    const own: Found = {};
    const failures: Failure[] = [];
    const resolved: ResolvedReference[] = [];
    for (const reference of references) {
      const outcome = this.resolve(reference, document);
      if (!outcome) continue;
      const isFailure = "rule" in outcome;
      if (isFailure) failures.push(outcome);
      else own[reference.role] = outcome;
      const pointer = `${document.pointer}/${reference.by[0]}`;
      const target = isFailure
        ? null
        : { document: outcome.name, pointer: outcome.pointer, judged: outcome.judged };
      resolved.push({ role: reference.role, pointer, target });
    }
    const isReceipt = document.role === "receipt";
    const { found, isSound } =
      isReceipt && own.config ? this.beyondConfig(own.config) : { found: own, isSound: areSound(own) };
    return { found, failures, references: resolved, isSound };
  }

  /** A config and the documents to which it refers, for all receipts that refer to it. */
  private beyondConfig(config: Document): { found: Found; isSound: boolean } {
    let beyond = this.beyond.get(config);
    if (!beyond) {
      const found = { config, ...this.around(config).found };
      this.beyond.set(config, (beyond = { found, isSound: areSound(found) }));
    }
    return beyond;
  }

  /** The outcome of a reference; undefined where a member that it needs is broken. */
  resolve(reference: Reference, from: Document): Document | Failure | undefined {
    const { role, by, needs = [], chooses } = reference;
    const isBroken = () => from.brokenAt([...by, ...needs].map((name) => `/${name}`)) !== undefined;
    if (from.broken.length && isBroken()) return undefined;
    const wanted = membersOf(from, by);
    const chosen = chooses ? this.find(role, chooses[0], chooses[1](from)) : [];
    const exact = chosen.length ? chosen : this.find(role, IDENTITY, wanted);
    if (exact.length === 1) return exact[0]!;
    const near = exact.length ? [] : reference.near(from, this);
    const matches = exact.length ? [exact] : near.map(([key, values]) => this.find(role, key, values));
    const found = matches.map((documents) => this.withoutCopies(documents));
    const [first = [], ...others] = found.filter((documents) => documents.length);
    if (first.length === 1 && !others.length) return first[0]!;
    const candidates = exact.length ? first : (this.byRole.get(role) ?? []);
    return {
      rule: exact.length ? "ambiguous-reference" : "unresolved-reference",
      role,
      pointer: `/${by[0]}`,
      wanted: Object.fromEntries(identityNames(role).map((name, index) => [name, wanted[index]!])),
      candidates: candidates.slice(0, MAX_CANDIDATES),
      count: candidates.length,
      differing: exact.length ? this.difference(first) : "",
    };
  }

  /** The documents of a role with these values, in order. */
  private find(role: Role, key: Key, values: readonly Json[]): readonly Document[] {
    const indexes = this.indexes.get(role) ?? new Map<Key, Map<string, Document[]>>();
    this.indexes.set(role, indexes);
    let index = indexes.get(key);
    if (!index) {
      indexes.set(key, (index = new Map()));
      for (const document of this.byRole.get(role) ?? []) {
        const own = key(document);
        if (own) append(index, keyOf(own), document);
      }
    }
    return index.get(keyOf(values)) ?? NONE;
  }

  /** Where the first two documents differ, which many references may ask. */
  private difference(documents: readonly Document[]): string {
    let found = this.differences.get(documents);
    if (found === undefined) {
      found = difference(documents[0]!.value, documents[1]!.value) || "how they can be read";
      this.differences.set(documents, found);
    }
    return found;
  }

  /** The documents, without those that have the content of an earlier one. */
  private withoutCopies(documents: readonly Document[]): readonly Document[] {
    if (documents.length < 2) return documents;
    let distinct = this.distinct.get(documents);
    if (!distinct) this.distinct.set(documents, (distinct = withoutCopies(documents)));
    return distinct;
  }
}

function append<K>(lists: Map<K, Document[]>, key: K, document: Document): void {
  const list = lists.get(key);
  if (list) list.push(document);
  else lists.set(key, [document]);
}

/** Whether nothing is broken in some documents. */
function areSound(found: Found): boolean {
  return Object.values(found).every(({ broken }) => !broken.length);
}

/** The same text for equal values. */
function keyOf(values: readonly Json[]): string {
  const isText = values.every((value) => typeof value === "string");
  return isText ? JSON.stringify(values) : contentJson(values);
}

const NONE: readonly Document[] = [];

/** Some members of a document; null for those that are absent. */
function membersOf({ value }: Document, names: readonly string[]): Json[] {
  return names.map((name) => value[name] ?? null);
}

/** The key that consists of some members. */
function by(...names: string[]): Key {
  return (document) => membersOf(document, names);
}

const ALL_BUT_RUN = SHARED_MEMBERS.filter((name) => name !== "run_id");
const ALL_BUT_STAGE = SHARED_MEMBERS.filter((name) => name !== "stage_id");
const BY_ALL_BUT_RUN = by(...ALL_BUT_RUN);
const BY_ALL_BUT_STAGE = by(...ALL_BUT_STAGE);
const BY_POLICY_ID = by("policy_id", "dataset_identity");
const BY_POLICY_VERSION = by("policy_version", "dataset_identity");

/** The digest D2 of a descriptor. A broken descriptor has none. */
const BY_DIGEST: Key = ({ broken, value }) =>
  broken.length ? undefined : [modelDescriptorDigest(value as unknown as CompactDecoderDescriptor)];

const BY_IDENTITY_AND_DIGEST: Key = (document) => {
  const digest = BY_DIGEST(document);
  return digest && [...document.identity!, ...digest];
};

const CONFIG: Reference = {
  role: "config",
  by: ["run_id", "stage_id"],
  near: (receipt) => [
    [BY_ALL_BUT_RUN, membersOf(receipt, ALL_BUT_RUN)],
    [BY_ALL_BUT_STAGE, membersOf(receipt, ALL_BUT_STAGE)],
  ],
};

const DESCRIPTOR: Reference = {
  role: "descriptor",
  by: ["model_id"],
  needs: ["model_descriptor_digest"],
  chooses: [BY_IDENTITY_AND_DIGEST, (config) => membersOf(config, ["model_id", "model_descriptor_digest"])],
  near: (config) => [[BY_DIGEST, membersOf(config, ["model_descriptor_digest"])]],
};

const POLICY: Reference = {
  role: "policy",
  by: ["sampling_policy_id", "sampling_policy_version"],
  near: (config) => [
    [BY_POLICY_ID, membersOf(config, ["sampling_policy_id", "dataset_identity"])],
    [BY_POLICY_VERSION, membersOf(config, ["sampling_policy_version", "dataset_identity"])],
  ],
};

const CORPUS: Reference = {
  role: "corpus",
  by: ["dataset_identity"],
  near(config, library) {
    const policy = library.resolve(POLICY, config);
    const identities = [
      memberOf(config.value["objective_config"], "dataset_identity"),
      policy && "value" in policy ? policy.value["dataset_identity"] : undefined,
    ];
    return [...new Set(identities)].map((identity) => [IDENTITY, [(identity ?? null) as Json]]);
  },
};

/** The references of each kind of document, in order. */
const REFERENCES: Partial<Record<Role, readonly Reference[]>> = {
  receipt: [CONFIG],
  config: [DESCRIPTOR, CORPUS, POLICY],
};

/** The documents, without those that have the content of an earlier one. */
function withoutCopies(documents: readonly Document[]): Document[] {
  const distinct = new Map<string | Document, Document>();
  for (const document of documents) {
    const content = document.isMisread ? document : contentDigest(document.value);
    const first = distinct.get(content);
    if (!first || comesBefore(document, first)) distinct.set(content, document);
  }
  return [...distinct.values()];
}

/** Whether a document replaces an earlier copy: in the same text, the copy with the lesser pointer counts. */
function comesBefore(document: Document, earlier: Document): boolean {
  const sameText = document.name === earlier.name && document.judged === earlier.judged;
  return sameText && document.pointer < earlier.pointer;
}
