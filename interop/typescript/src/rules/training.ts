// A sampling policy against the corpus with which a config combines it.

import type { TokenizedCorpusManifest } from "../generated/types.js";
import { type Checks, equal, excerpt, type Flaw, firstByKey, listed } from "./check.js";
import { above, CAPS, WEIGHTS } from "./policy.js";

/** The kinds of split that are not trained on. */
const NOT_TRAINED_ON = new Set(["held_out", "test"]);

export const TRAINING_CHECKS = {
  "weight-coverage-mismatch": ({ policy, corpus }) =>
    coverage(
      WEIGHTS,
      ["family", "weight"],
      "source_family_id",
      policy.source_family_weights.map((weight) => weight.source_family_id),
      trainedOn(corpus).map(({ family, at }) => [family, `${at}/source_family_id`]),
    ),
  "cap-coverage-mismatch.sources": ({ policy, corpus }) =>
    coverage(
      CAPS,
      ["source", "cap"],
      "source_id",
      policy.source_contribution_caps.map((cap) => cap.source_id),
      trainedOn(corpus).map(({ source, at }) => [source, `${at}/source_id`]),
    ),
  *"cap-order-mismatch"({ policy, corpus }) {
    const trained = firstByKey(trainedOn(corpus), ({ source }) => source);
    const weights = firstByKey(policy.source_family_weights, (weight) => weight.source_family_id);
    const caps = firstByKey(policy.source_contribution_caps, (cap) => cap.source_id);
    for (const [source, { index, entry }] of caps) {
      const origin = trained.get(source)?.entry;
      const weight = origin && weights.get(origin.family);
      if (!weight) continue;
      yield* above(
        ["policy", `${CAPS}/${index}/maximum_source_token_share_bps`],
        entry.maximum_source_token_share_bps,
        weight.entry.maximum_family_token_share_bps,
        `the cap of the source ${excerpt(source)} is ${entry.maximum_source_token_share_bps} basis points, above ${weight.entry.maximum_family_token_share_bps} of its family`,
        ["policy", `${WEIGHTS}/${weight.index}/maximum_family_token_share_bps`],
        ["corpus", `${origin.at}/source_id`],
      );
    }
  },
  "policy-input-mismatch.corpus": writtenFor("tokenized_corpus_schema_version", "/schema_version"),
  "policy-input-mismatch.raw-source": writtenFor("raw_source_schema_version", "/raw_source_schema_version"),
  "policy-input-mismatch.packing-policy": writtenFor(
    "packing_policy_version",
    "/packing_policy/policy_version",
  ),
} satisfies Checks;

/** The check that the policy was written for what the corpus has at a pointer. */
function writtenFor(name: string, pointer: string) {
  return equal(
    ["policy", `/${name}`],
    ["corpus", pointer],
    (found, wanted) => `the policy was written for ${name} ${found}, but the corpus says ${wanted}`,
  );
}

/** A source that is trained on: its id and family, and the pointer of its entry in the corpus. */
interface Trained {
  source: string;
  family: string;
  at: string;
}

function trainedOn({ shards }: TokenizedCorpusManifest): Trained[] {
  return shards.flatMap(({ split_kind: kind, source_lineage: lineage }, index) =>
    NOT_TRAINED_ON.has(kind)
      ? []
      : lineage.map(({ source_id: source, source_family_id: family }, place) => {
          return { source, family, at: `/shards/${index}/source_lineage/${place}` };
        }),
  );
}

/**
 * The flaws of a list of the policy that must have an entry for exactly what is trained on.
 *
 * @param nouns - what an id names, and what an entry of the list is.
 * @param trained - each id that is trained on, with its pointer in the corpus.
 */
function* coverage(
  list: string,
  [noun, row]: readonly [string, string],
  member: string,
  ids: string[],
  trained: (readonly [id: string, pointer: string])[],
): Generator<Flaw> {
  const covered = firstByKey(ids, (id) => id);
  const places = firstByKey(trained, ([id]) => id);
  for (const [id, { index }] of covered) {
    if (places.has(id)) continue;
    yield {
      role: "policy",
      pointer: `${list}/${index}/${member}`,
      message: `no training shard holds the ${noun} ${excerpt(id)}; they hold ${listed([...places.keys()])}`,
      actual: id,
      related: [["corpus", "/shards"]],
    };
  }
  for (const [id, { entry }] of places) {
    if (covered.has(id)) continue;
    const message = `the ${noun} ${excerpt(id)} may be trained on but has no ${row}`;
    yield { role: "policy", pointer: list, message, related: [["corpus", entry[1]]] };
  }
}
