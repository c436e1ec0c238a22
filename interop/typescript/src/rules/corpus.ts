// A tokenized corpus manifest by itself.

import type { Shard, Split, TokenizedCorpusManifest } from "../generated/types.js";
import { bindingFlaws } from "./bindings.js";
import { type Check, differs, firstByKey, shown } from "./check.js";
import { duplicates } from "./duplicates.js";

/** Shard members, and the corpus' that they must equal. */
const VERSIONS = [
  ["tokenizer_digest", "/tokenizer/tokenizer_digest", (corpus) => corpus.tokenizer.tokenizer_digest],
  [
    "source_manifest_schema_version",
    "/raw_source_schema_version",
    (corpus) => corpus.raw_source_schema_version,
  ],
  ["preprocessing_version", "/preprocessing_version", (corpus) => corpus.preprocessing_version],
  [
    "packing_policy_version",
    "/packing_policy/policy_version",
    (corpus) => corpus.packing_policy.policy_version,
  ],
] as const satisfies [keyof Shard, string, (corpus: TokenizedCorpusManifest) => string][];

export const CORPUS_CHECKS: Check[] = [
  {
    rules: ["duplicate-id"],
    judges: "corpus",
    reads: { corpus: ["/source_family_bindings"] },
    *apply({ corpus: { source_family_bindings: bindings } }) {
      yield* duplicates("corpus", "/source_family_bindings", bindings, ["source_family_id"]);
      const owners = new Map<string, { family: string; pointer: string }>();
      for (const [index, binding] of bindings.entries()) {
        for (const [place, source] of binding.source_ids.entries()) {
          const pointer = `/source_family_bindings/${index}/source_ids/${place}`;
          const owner = owners.get(source);
          if (!owner) owners.set(source, { family: binding.source_family_id, pointer });
          else if (owner.family !== binding.source_family_id) {
            const message = `the source ${shown(source)} is bound to the family ${shown(owner.family)} already`;
            yield { pointer, message, actual: source, against: [["corpus", owner.pointer]] };
          }
        }
      }
    },
  },
  {
    rules: ["duplicate-id"],
    judges: "corpus",
    reads: { corpus: ["/splits"] },
    apply: ({ corpus }) => duplicates("corpus", "/splits", corpus.splits, ["split_name"]),
  },
  {
    rules: ["duplicate-id"],
    judges: "corpus",
    reads: { corpus: ["/shards"] },
    *apply({ corpus: { shards } }) {
      yield* duplicates("corpus", "/shards", shards, ["shard_id"]);
      for (const [index, shard] of shards.entries()) {
        yield* duplicates("corpus", `/shards/${index}/source_lineage`, shard.source_lineage, ["source_id"]);
      }
    },
  },
  {
    rules: ["corpus-identity-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/dataset_id", "/dataset_version", "/replay_contract/stable_dataset_identity"] },
    *apply({ corpus }) {
      const actual = corpus.replay_contract.stable_dataset_identity;
      const expected = `${corpus.dataset_id}@${corpus.dataset_version}`;
      if (actual === expected) return;
      const message = `is ${shown(actual)}, but id and version are ${shown(expected)}`;
      yield { pointer: "/replay_contract/stable_dataset_identity", message, expected, actual };
    },
  },
  {
    rules: ["split-shards-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/splits", "/shards"] },
    *apply({ corpus: { splits, shards } }) {
      const shardsById = firstByKey(shards, (shard) => shard.shard_id);
      const splitsByName = firstByKey(splits, (split) => split.split_name);
      for (const [index, split] of splits.entries()) {
        for (const [place, id] of split.shard_ids.entries()) {
          const shard = shardsById.get(id);
          if (shard?.entry.split_name === split.split_name) continue;
          const whose = shard
            ? `the split ${shown(shard.entry.split_name)} holds`
            : "the corpus does not have";
          yield {
            pointer: `/splits/${index}/shard_ids/${place}`,
            message: `${whose} the shard ${shown(id)}`,
            actual: id,
          };
        }
      }
      const listed = new Map<Split, Set<string>>();
      for (const { entry } of splitsByName.values()) listed.set(entry, new Set(entry.shard_ids));
      for (const [index, shard] of shards.entries()) {
        const split = splitsByName.get(shard.split_name);
        if (!split) {
          const message = `the corpus has no split ${shown(shard.split_name)}`;
          yield { pointer: `/shards/${index}/split_name`, message, actual: shard.split_name };
          continue;
        }
        if (!listed.get(split.entry)!.has(shard.shard_id)) {
          const message = `lacks the shard ${shown(shard.shard_id)}, which names the split`;
          yield {
            pointer: `/splits/${split.index}/shard_ids`,
            message,
            against: [["corpus", `/shards/${index}`]],
          };
        }
        if (shard.split_kind !== split.entry.kind) {
          const own = ["corpus", `/shards/${index}/split_kind`] as const;
          yield differs(own, ["corpus", `/splits/${split.index}/kind`], shard.split_kind, split.entry.kind);
        }
      }
    },
  },
  {
    rules: ["split-count-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/splits", "/shards"] },
    *apply({ corpus }) {
      for (const { index, split, shards } of splitsWithShards(corpus)) {
        for (const name of ["sequence_count", "token_count"] as const) {
          const actual = split[name];
          const expected = shards.reduce((total, shard) => total + shard[name], 0n);
          if (actual === expected) continue;
          const message = `is ${actual}, but the shards of the split add up to ${expected}`;
          yield { pointer: `/splits/${index}/${name}`, message, expected, actual };
        }
      }
    },
  },
  {
    rules: ["split-families-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/splits", "/shards"] },
    *apply({ corpus }) {
      for (const { index, split, shards } of splitsWithShards(corpus)) {
        const lineage = shards.flatMap((shard) => shard.source_lineage);
        const held = new Set(lineage.map((source) => source.source_family_id));
        const pointer = `/splits/${index}/source_family_ids`;
        for (const [place, family] of split.source_family_ids.entries()) {
          if (held.delete(family)) continue;
          yield {
            pointer: `${pointer}/${place}`,
            message: `no shard holds the family ${shown(family)}`,
            actual: family,
          };
        }
        for (const family of held) yield { pointer, message: `lacks the family ${shown(family)}` };
      }
    },
  },
  {
    rules: ["source-binding-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/source_family_bindings", "/shards"] },
    apply: ({ corpus }) => bindingFlaws(corpus),
  },
  {
    rules: ["shard-bounds-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/shards"] },
    *apply({ corpus: { shards } }) {
      for (const [index, { min_sequence_tokens: min, max_sequence_tokens: max }] of shards.entries()) {
        if (min <= max) continue;
        const message = `is ${min}, above max_sequence_tokens, which is ${max}`;
        const against = [["corpus", `/shards/${index}/max_sequence_tokens`]] as const;
        yield { pointer: `/shards/${index}/min_sequence_tokens`, message, actual: min, against };
      }
    },
  },
  {
    rules: ["shard-bounds-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/shards", "/packing_policy/max_sequence_tokens"] },
    *apply({ corpus: { shards, packing_policy: packing } }) {
      for (const [index, { max_sequence_tokens: max }] of shards.entries()) {
        if (max <= packing.max_sequence_tokens) continue;
        const message = `is ${max}, above the packing policy's, which is ${packing.max_sequence_tokens}`;
        const against = [["corpus", "/packing_policy/max_sequence_tokens"]] as const;
        yield { pointer: `/shards/${index}/max_sequence_tokens`, message, actual: max, against };
      }
    },
  },
  ...VERSIONS.map(([name, pointer, of]): Check => ({
    rules: ["shard-version-mismatch"],
    judges: "corpus",
    reads: { corpus: ["/shards", pointer] },
    *apply({ corpus }) {
      for (const [index, shard] of corpus.shards.entries()) {
        if (shard[name] === of(corpus)) continue;
        yield differs(["corpus", `/shards/${index}/${name}`], ["corpus", pointer], shard[name], of(corpus));
      }
    },
  })),
];

/** The splits with the shards that they list, those left out that list a shard that is not there. */
function* splitsWithShards({ splits, shards }: TokenizedCorpusManifest) {
  const byId = firstByKey(shards, (shard) => shard.shard_id);
  for (const [index, split] of splits.entries()) {
    const found = split.shard_ids.map((id) => byId.get(id)?.entry);
    if (found.every((shard) => shard !== undefined)) yield { index, split, shards: found };
  }
}
