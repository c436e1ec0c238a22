// The source family bindings of a corpus against the sources of its shards.

import type { TokenizedCorpusManifest } from "../generated/types.js";
import { excerpt, type Flaw, listed } from "./check.js";

/** The flaws of the rule `source-binding-mismatch`. */
export function* bindingFlaws({
  source_family_bindings: bindings,
  shards,
}: TokenizedCorpusManifest): Generator<Flaw> {
  const bound = new Map<string, { index: number; sources: Set<string> }>();
  for (const [index, { source_family_id: family, source_ids }] of bindings.entries()) {
    const known = bound.get(family) ?? { index, sources: new Set() };
    bound.set(family, known);
    for (const source of source_ids) known.sources.add(source);
  }
  const held = new Map<string, Set<string>>();
  for (const [index, shard] of shards.entries()) {
    for (const [place, { source_family_id: family, source_id: source }] of shard.source_lineage.entries()) {
      const at = `/shards/${index}/source_lineage/${place}`;
      const sources = held.get(family) ?? new Set();
      const binding = bound.get(family);
      if (!binding && !held.has(family)) {
        yield {
          pointer: `${at}/source_family_id`,
          message: `the corpus does not bind the family ${excerpt(family)}; it binds ${listed([...bound.keys()])}`,
          actual: family,
          related: [["corpus", "/source_family_bindings"]],
        };
      }
      if (binding && !binding.sources.has(source) && !sources.has(source)) {
        yield {
          pointer: `${at}/source_id`,
          message: `the corpus does not bind the source ${excerpt(source)} to the family ${excerpt(family)}`,
          actual: source,
          related: [["corpus", `/source_family_bindings/${binding.index}/source_ids`]],
        };
      }
      held.set(family, sources.add(source));
    }
  }
  for (const [index, { source_family_id: family, source_ids }] of bindings.entries()) {
    const at = `/source_family_bindings/${index}`;
    const sources = held.get(family);
    if (!sources) {
      yield {
        pointer: `${at}/source_family_id`,
        message: `no shard holds the family ${excerpt(family)}`,
        actual: family,
        related: [["corpus", "/shards"]],
      };
      continue;
    }
    for (const [place, source] of source_ids.entries()) {
      if (sources.has(source)) continue;
      yield {
        pointer: `${at}/source_ids/${place}`,
        message: `no shard holds the source ${excerpt(source)} of the family ${excerpt(family)}`,
        actual: source,
        related: [["corpus", "/shards"]],
      };
    }
  }
}
