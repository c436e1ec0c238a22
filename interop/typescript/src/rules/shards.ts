// The shards of a corpus: against what the manifest says about all of them, and against one another.

import type { Shard } from "../generated/types.js";
import { type Apply, type Checks, differs, excerpt, type Flaw, valueAt } from "./check.js";

export const SHARD_CHECKS = {
  *"shard-bounds-mismatch.ordered"({ corpus: { shards } }) {
    for (const [index, { min_sequence_tokens: min, max_sequence_tokens: max }] of shards.entries()) {
      if (min <= max) continue;
      yield {
        pointer: `/shards/${index}/min_sequence_tokens`,
        message: `the shortest sequence of the shard has ${min} tokens, the longest ${max}`,
        actual: min,
        related: [["corpus", `/shards/${index}/max_sequence_tokens`]],
      };
    }
  },
  *"shard-bounds-mismatch.packed"({ corpus: { shards, packing_policy: packing } }) {
    for (const [index, { max_sequence_tokens: max }] of shards.entries()) {
      if (max <= packing.max_sequence_tokens) continue;
      yield {
        pointer: `/shards/${index}/max_sequence_tokens`,
        message: `a sequence has ${max} tokens, but the packing policy allows ${packing.max_sequence_tokens}`,
        actual: max,
        related: [["corpus", "/packing_policy/max_sequence_tokens"]],
      };
    }
  },
  *"shard-count-mismatch"({ corpus: { shards } }) {
    for (const [index, shard] of shards.entries()) {
      const { token_count: tokens, sequence_count: sequences } = shard;
      const least = sequences * BigInt(shard.min_sequence_tokens);
      const most = sequences * BigInt(shard.max_sequence_tokens);
      if (least <= tokens && tokens <= most) continue;
      const [member, word, limit] =
        tokens < least
          ? (["min_sequence_tokens", "at least", least] as const)
          : (["max_sequence_tokens", "at most", most] as const);
      yield {
        pointer: `/shards/${index}/token_count`,
        message: `${sequences} sequences of ${word} ${shard[member]} tokens have ${word} ${limit} tokens, not ${tokens}`,
        actual: tokens,
        related: [
          ["corpus", `/shards/${index}/sequence_count`],
          ["corpus", `/shards/${index}/${member}`],
        ],
      };
    }
  },
  *"source-digest-mismatch"({ corpus: { shards } }) {
    const first = new Map<string, { digest: string; pointer: string }>();
    for (const { source, digest, pointer: entry } of sources(shards)) {
      const pointer = `${entry}/source_normalized_digest`;
      const earlier = first.get(source);
      if (!earlier) first.set(source, { digest, pointer });
      else if (earlier.digest !== digest) {
        yield differs(
          ["corpus", pointer],
          ["corpus", earlier.pointer],
          digest,
          earlier.digest,
          (found, wanted) => {
            return `the digest of the source ${excerpt(source)} is ${found} here, but ${wanted} before`;
          },
        );
      }
    }
  },
  "split-overlap.shards": ({ corpus: { shards } }) =>
    overlaps(
      "shard digest",
      shards.map((shard, index) => ({
        name: shard.shard_digest,
        kind: shard.split_kind,
        pointer: `/shards/${index}/shard_digest`,
      })),
    ),
  "split-overlap.sources": ({ corpus: { shards } }) =>
    overlaps(
      "source",
      [...sources(shards)].map(({ source, kind, pointer }) => ({
        name: source,
        kind,
        pointer: `${pointer}/source_id`,
      })),
    ),
  "shard-version-mismatch.tokenizer-digest": repeats("tokenizer_digest", "/tokenizer/tokenizer_digest"),
  "shard-version-mismatch.source-manifest": repeats(
    "source_manifest_schema_version",
    "/raw_source_schema_version",
  ),
  "shard-version-mismatch.preprocessing": repeats("preprocessing_version", "/preprocessing_version"),
  "shard-version-mismatch.packing-policy": repeats(
    "packing_policy_version",
    "/packing_policy/policy_version",
  ),
} satisfies Checks;

/** Checks that a member of each shard equals a member of the corpus. */
function repeats(name: keyof Shard, pointer: string): Apply {
  return function* ({ corpus }) {
    const expected = valueAt(corpus, pointer);
    for (const [index, shard] of corpus.shards.entries()) {
      if (shard[name] === expected) continue;
      const own = ["corpus", `/shards/${index}/${name}`] as const;
      yield differs(own, ["corpus", pointer], shard[name], expected, (found, wanted) => {
        return `${name} of the shard is ${found}, but the corpus has ${wanted}`;
      });
    }
  };
}

/** Each lineage entry of the shards, with the kind of the split. */
function* sources(shards: readonly Shard[]) {
  for (const [index, { split_kind: kind, source_lineage: lineage }] of shards.entries()) {
    for (const [position, { source_id: source, source_normalized_digest: digest }] of lineage.entries()) {
      yield { source, digest, kind, pointer: `/shards/${index}/source_lineage/${position}` };
    }
  }
}

const MEASURED = ["validation", "test", "held_out"];

/** The flaws of names that occur both in training and in measured splits, at the first place in the latter. */
function* overlaps(
  noun: string,
  found: readonly { name: string; kind: string; pointer: string }[],
): Generator<Flaw> {
  const trained = new Map<string, string>();
  for (const { name, kind, pointer } of found) {
    if (kind === "train" && !trained.has(name)) trained.set(name, pointer);
  }
  for (const { name, kind, pointer } of found) {
    const other = MEASURED.includes(kind) ? trained.get(name) : undefined;
    if (other === undefined) continue;
    trained.delete(name);
    yield {
      pointer,
      message: `the ${noun} ${excerpt(name)} is in a ${kind} split and in a training split`,
      actual: name,
      related: [["corpus", other]],
    };
  }
}
