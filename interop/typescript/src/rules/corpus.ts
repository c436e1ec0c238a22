// A tokenized corpus manifest by itself: its splits, shards and sources agree with one another.

import type { Split, TokenizedCorpusManifest } from "../generated/types.js";
import { bindingFlaws } from "./bindings.js";
import { type Checks, differs, excerpt, firstByKey, listed } from "./check.js";

export const CORPUS_CHECKS = {
  *"corpus-identity-mismatch"({ corpus }) {
    const actual = corpus.replay_contract.stable_dataset_identity;
    const expected = `${corpus.dataset_id}@${corpus.dataset_version}`;
    if (actual === expected) return;
    yield {
      pointer: "/replay_contract/stable_dataset_identity",
      message: `the identity of the corpus is ${excerpt(actual)}, but its id and version make ${excerpt(expected)}`,
      expected,
      actual,
      related: [
        ["corpus", "/dataset_id"],
        ["corpus", "/dataset_version"],
      ],
    };
  },
  *"split-shards-mismatch.listed"({ corpus: { splits, shards } }) {
    const shardsById = firstByKey(shards, (shard) => shard.shard_id);
    for (const [index, split] of splits.entries()) {
      for (const [place, id] of split.shard_ids.entries()) {
        const shard = shardsById.get(id);
        if (shard?.entry.split_name === split.split_name) continue;
        yield {
          pointer: `/splits/${index}/shard_ids/${place}`,
          message: shard
            ? `the shard ${excerpt(id)} belongs to the split ${excerpt(shard.entry.split_name)}`
            : `the corpus has no shard ${excerpt(id)}`,
          actual: id,
          related: [["corpus", shard ? `/shards/${shard.index}/split_name` : "/shards"]],
        };
      }
    }
  },
  *"split-shards-mismatch.unlisted"({ corpus: { splits, shards } }) {
    const splitsByName = firstByKey(splits, (split) => split.split_name);
    const shardsOf = new Map<Split, Set<string>>();
    for (const { entry } of splitsByName.values()) shardsOf.set(entry, new Set(entry.shard_ids));
    for (const [index, shard] of shards.entries()) {
      const split = splitsByName.get(shard.split_name);
      if (!split) {
        yield {
          pointer: `/shards/${index}/split_name`,
          message: `the corpus has no split ${excerpt(shard.split_name)}; it has ${listed([...splitsByName.keys()])}`,
          actual: shard.split_name,
          related: [["corpus", "/splits"]],
        };
        continue;
      }
      if (!shardsOf.get(split.entry)!.has(shard.shard_id)) {
        yield {
          pointer: `/splits/${split.index}/shard_ids`,
          message: `the split ${excerpt(shard.split_name)} does not list the shard ${excerpt(shard.shard_id)}, which names it`,
          related: [["corpus", `/shards/${index}/shard_id`]],
        };
      }
      if (shard.split_kind !== split.entry.kind) {
        const own = ["corpus", `/shards/${index}/split_kind`] as const;
        const [actual, expected] = [shard.split_kind, split.entry.kind];
        yield differs(own, ["corpus", `/splits/${split.index}/kind`], actual, expected, () => {
          return `the kind of the shard's split ${excerpt(shard.split_name)} is ${expected}, not ${actual}`;
        });
      }
    }
  },
  *"split-count-mismatch"({ corpus }) {
    for (const { index, split, shards } of splitsWithShards(corpus)) {
      for (const name of ["sequence_count", "token_count"] as const) {
        const actual = split[name];
        const expected = shards.reduce((total, { entry }) => total + entry[name], 0n);
        if (actual === expected) continue;
        yield {
          pointer: `/splits/${index}/${name}`,
          message: `${name} of the split's shards adds up to ${expected}`,
          expected,
          actual,
          related: shards.map((shard) => ["corpus", `/shards/${shard.index}/${name}`]),
        };
      }
    }
  },
  *"split-families-mismatch"({ corpus }) {
    for (const { index, split, shards } of splitsWithShards(corpus)) {
      const held = new Map<string, string>(); // the family, and the pointer of its first source
      for (const { index: where, entry } of shards) {
        for (const [place, { source_family_id: family }] of entry.source_lineage.entries()) {
          const pointer = `/shards/${where}/source_lineage/${place}/source_family_id`;
          if (!held.has(family)) held.set(family, pointer);
        }
      }
      const pointer = `/splits/${index}/source_family_ids`;
      for (const [place, family] of split.source_family_ids.entries()) {
        if (held.delete(family)) continue;
        yield {
          pointer: `${pointer}/${place}`,
          message: `no shard of the split ${excerpt(split.split_name)} holds the family ${excerpt(family)}`,
          actual: family,
          related: [["corpus", `/splits/${index}/shard_ids`]],
        };
      }
      for (const [family, where] of held) {
        const message = `the split ${excerpt(split.split_name)} does not list the family ${excerpt(family)} of its shards`;
        yield { pointer, message, related: [["corpus", where]] };
      }
    }
  },
  "source-binding-mismatch": ({ corpus }) => bindingFlaws(corpus),
} satisfies Checks;

/** The splits with the shards that they list, except splits that list a shard that does not exist. */
function* splitsWithShards({ splits, shards }: TokenizedCorpusManifest) {
  const byId = firstByKey(shards, (shard) => shard.shard_id);
  for (const [index, split] of splits.entries()) {
    const found = split.shard_ids.map((id) => byId.get(id));
    if (found.every((shard) => shard !== undefined)) yield { index, split, shards: found };
  }
}
