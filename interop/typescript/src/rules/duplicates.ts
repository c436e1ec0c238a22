// Ids that occur twice in a corpus or a policy.

import type { Role } from "../kinds.js";
import { type Checks, type Flaw, firstByKey, excerpt } from "./check.js";

export const DUPLICATE_CHECKS = {
  "duplicate-id.source-family-bindings": ({ corpus }) =>
    duplicates("corpus", "/source_family_bindings", corpus.source_family_bindings, ["source_family_id"]),
  "duplicate-id.splits": ({ corpus }) => duplicates("corpus", "/splits", corpus.splits, ["split_name"]),
  "duplicate-id.shards": ({ corpus }) => duplicates("corpus", "/shards", corpus.shards, ["shard_id"]),
  *"duplicate-id.lineage-sources"({ corpus: { shards } }) {
    for (const [index, shard] of shards.entries()) {
      yield* duplicates("corpus", `/shards/${index}/source_lineage`, shard.source_lineage, ["source_id"]);
    }
  },
  *"duplicate-id.bound-sources"({ corpus: { source_family_bindings: bindings } }) {
    const owners = new Map<string, { family: string; pointer: string }>();
    for (const [index, binding] of bindings.entries()) {
      for (const [place, source] of binding.source_ids.entries()) {
        const pointer = `/source_family_bindings/${index}/source_ids/${place}`;
        const owner = owners.get(source);
        if (!owner) owners.set(source, { family: binding.source_family_id, pointer });
        else if (owner.family !== binding.source_family_id) {
          const message = `the source ${excerpt(source)} is bound to ${excerpt(owner.family)} already`;
          yield { pointer, message, actual: source, related: [["corpus", owner.pointer]] };
        }
      }
    }
  },
  "duplicate-id.source-family-weights": ({ policy }) =>
    duplicates("policy", "/source_family_weights", policy.source_family_weights, ["source_family_id"]),
  "duplicate-id.source-contribution-caps": ({ policy }) =>
    duplicates("policy", "/source_contribution_caps", policy.source_contribution_caps, ["source_id"]),
  "duplicate-id.repetitive-region-controls": ({ policy }) =>
    duplicates("policy", "/repetitive_region_controls", policy.repetitive_region_controls, [
      "source_id",
      "document_id",
      "section_id",
    ]),
} satisfies Checks;

/**
 * A flaw for each entry that agrees in all `members` with an earlier entry of the list. It is reported at the
 * member where there is only one, otherwise at the entry.
 */
function* duplicates<T>(
  role: Role,
  list: string,
  entries: readonly T[],
  members: readonly (keyof T & string)[],
): Generator<Flaw> {
  const key = (entry: T) => members.map((name) => entry[name]).join("|"); // no identifier contains "|"
  const place = (index: number) =>
    members.length === 1 ? `${list}/${index}/${members[0]}` : `${list}/${index}`;
  const first = firstByKey(entries, key);
  for (const [index, entry] of entries.entries()) {
    const earlier = first.get(key(entry))!.index;
    if (earlier === index) continue;
    const message = `duplicate ${members.map((name) => `${name} ${excerpt(entry[name])}`).join(", ")}`;
    const actual = members.length === 1 ? entry[members[0]!] : undefined;
    yield { pointer: place(index), message, actual, related: [[role, place(earlier)]] };
  }
}
