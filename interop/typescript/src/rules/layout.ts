// The tensors that the config of a model implies (docs/reference/documents.md).

import type { DecoderConfig } from "../generated/types.js";
import { valueAt } from "./check.js";

/** The length of a dimension: pointers, from the config, of the numbers whose product it is. */
export type Length = readonly string[];

/** A tensor, by its name and the lengths of its dimensions. */
export interface ImpliedTensor {
  name: string;
  dims: readonly Length[];
}

const HIDDEN: Length = ["/hidden_size"];
const VOCABULARY: Length = ["/vocab_size"];
const CONTEXT: Length = ["/max_context"];
const KEYS: Length = ["/block/attention/kv_head_count", "/block/attention/head_dim"];
const INNER: Length = ["/block/feed_forward/intermediate_size"];

/** The length of a dimension in a config. */
export function lengthIn(config: DecoderConfig, length: Length): bigint {
  return length.reduce((product, pointer) => product * (valueAt(config, pointer) as bigint), 1n);
}

/** The number of tensors; a config may imply more than can be listed. */
export function impliedTensorCount({ layer_count }: DecoderConfig): bigint {
  return 18n * layer_count + 5n;
}

/** All tensors, in order, made one after the other. */
export function* impliedTensors({ layer_count }: DecoderConfig, namespace: string): Generator<ImpliedTensor> {
  yield { name: `${namespace}.embed_tokens.weight`, dims: [VOCABULARY, HIDDEN] };
  yield { name: `${namespace}.embed_positions.weight`, dims: [CONTEXT, HIDDEN] };
  for (let index = 0n; index < layer_count; index++) yield* layer(`${namespace}.layers.${index}`);
  yield* norm(`${namespace}.final_norm`);
  yield { name: "lm_head.bias", dims: [VOCABULARY] };
}

function layer(name: string): ImpliedTensor[] {
  return [
    ...norm(`${name}.attention_norm`),
    ...projection(`${name}.attention.q_proj`, HIDDEN, HIDDEN),
    ...projection(`${name}.attention.k_proj`, HIDDEN, KEYS),
    ...projection(`${name}.attention.v_proj`, HIDDEN, KEYS),
    ...projection(`${name}.attention.o_proj`, HIDDEN, HIDDEN),
    ...norm(`${name}.feed_forward_norm`),
    ...projection(`${name}.feed_forward.gate_proj`, HIDDEN, INNER),
    ...projection(`${name}.feed_forward.up_proj`, HIDDEN, INNER),
    ...projection(`${name}.feed_forward.down_proj`, INNER, HIDDEN),
  ];
}

function norm(name: string): ImpliedTensor[] {
  return [
    { name: `${name}.gamma`, dims: [HIDDEN] },
    { name: `${name}.beta`, dims: [HIDDEN] },
  ];
}

function projection(name: string, from: Length, to: Length): ImpliedTensor[] {
  return [
    { name: `${name}.weight`, dims: [from, to] },
    { name: `${name}.bias`, dims: [to] },
  ];
}
