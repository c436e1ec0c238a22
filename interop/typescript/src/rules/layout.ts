// The tensors that the config of a model implies (docs/documents.md, "Tensor layout").

import type { DecoderConfig } from "../generated/types.js";

/** A tensor, by name and dimensions. */
export interface ImpliedTensor {
  name: string;
  dims: bigint[];
}

/** How many there are; a config may imply more than can be listed. */
export function impliedTensorCount({ layer_count }: DecoderConfig): bigint {
  return 18n * layer_count + 5n;
}

/** All of them, in order. */
export function impliedTensors(config: DecoderConfig, namespace: string): ImpliedTensor[] {
  const { hidden_size: hidden, layer_count, vocab_size, max_context, block } = config;
  const { kv_head_count, head_dim } = block.attention;
  const keys = kv_head_count * head_dim;
  const inner = block.feed_forward.intermediate_size;
  const norm = (name: string) => [
    { name: `${name}.gamma`, dims: [hidden] },
    { name: `${name}.beta`, dims: [hidden] },
  ];
  const projection = (name: string, from: bigint, to: bigint) => [
    { name: `${name}.weight`, dims: [from, to] },
    { name: `${name}.bias`, dims: [to] },
  ];
  const layer = (name: string) => [
    ...norm(`${name}.attention_norm`),
    ...projection(`${name}.attention.q_proj`, hidden, hidden),
    ...projection(`${name}.attention.k_proj`, hidden, keys),
    ...projection(`${name}.attention.v_proj`, hidden, keys),
    ...projection(`${name}.attention.o_proj`, hidden, hidden),
    ...norm(`${name}.feed_forward_norm`),
    ...projection(`${name}.feed_forward.gate_proj`, hidden, inner),
    ...projection(`${name}.feed_forward.up_proj`, hidden, inner),
    ...projection(`${name}.feed_forward.down_proj`, inner, hidden),
  ];
  const layers = Array.from({ length: Number(layer_count) }, (_, index) =>
    layer(`${namespace}.layers.${index}`),
  );
  return [
    { name: `${namespace}.embed_tokens.weight`, dims: [vocab_size, hidden] },
    { name: `${namespace}.embed_positions.weight`, dims: [max_context, hidden] },
    ...layers.flat(),
    ...norm(`${namespace}.final_norm`),
    { name: "lm_head.bias", dims: [vocab_size] },
  ];
}
