// The source family bindings of a corpus against the lineage of its shards.

import type { TokenizedCorpusManifest } from "../generated/types.js";
import { type Flaw, shown } from "./check.js";

/** The flaws of the rule `source-binding-mismatch`. */
export function* bindingFlaws({
  source_family_bindings: bindings,
  shards,
}: TokenizedCorpusManifest): Generator<Flaw> {
  const bound = new Map<string, Set<string>>();
  for (const { source_family_id: family, source_ids } of bindings) {
    bound.set(family, new Set([...(bound.get(family) ?? []), ...source_ids]));
  }
  const held = new Map<string, Set<string>>();
  for (const [index, shard] of shards.entries()) {
    for (const [place, { source_family_id: family, source_id: source }] of shard.source_lineage.entries()) {
      const at = `/shards/${index}/source_lineage/${place}`;
      const sources = held.get(family) ?? new Set();
      if (!bound.has(family) && !held.has(family)) {
        yield {
          pointer: `${at}/source_family_id`,
          message: `no binding is for the family ${shown(family)}`,
          actual: family,
        };
      }
      if (bound.has(family) && !bound.get(family)!.has(source) && !sources.has(source)) {
        const message = `${shown(source)} is not bound to the family ${shown(family)}`;
        yield { pointer: `${at}/source_id`, message, actual: source };
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
        message: `no shard holds the family ${shown(family)}`,
        actual: family,
      };
      continue;
    }
    for (const [place, source] of source_ids.entries()) {
      if (sources.has(source)) continue;
      const message = `no shard holds ${shown(source)} under the family ${shown(family)}`;
      yield { pointer: `${at}/source_ids/${place}`, message, actual: source };
    }
  }
}
