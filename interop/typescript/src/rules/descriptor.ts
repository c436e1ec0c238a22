// A model descriptor by itself.

import { digest, tensorLayoutPreimage } from "../digests.js";
import type { CompactDecoderDescriptor, Tensor } from "../generated/types.js";
import { partsOf } from "../pointers.js";
import { type Apply, type Checks, equal, type Place, excerpt, valueAt } from "./check.js";
import { impliedTensorCount, type ImpliedTensor, impliedTensors, type Length, lengthIn } from "./layout.js";

const ATTENTION = "/config/block/attention";
const FEED_FORWARD = "/config/block/feed_forward";
const LAYOUT = "/checkpoint_contract/tensor_layout";

type SizeAnchor = CompactDecoderDescriptor["size_anchor"];

export const DESCRIPTOR_CHECKS = {
  "vocabulary-size-mismatch": equal(
    ["descriptor", "/config/vocab_size"],
    ["descriptor", "/tokenizer_binding/vocab_size"],
    (found, wanted) => `the model embeds a vocabulary of ${found}, but its tokenizer has ${wanted}`,
  ),
  *"attention-shape-mismatch.hidden-size"({ descriptor: { config } }) {
    const { head_count, head_dim } = config.block.attention;
    const expected = head_count * head_dim;
    const actual = config.hidden_size;
    if (actual === expected) return;
    yield {
      pointer: "/config/hidden_size",
      message: `hidden_size is ${actual}, but ${head_count} heads of ${head_dim} make ${expected}`,
      expected,
      actual,
      related: [
        ["descriptor", `${ATTENTION}/head_count`],
        ["descriptor", `${ATTENTION}/head_dim`],
      ],
    };
  },
  *"attention-shape-mismatch.key-value-heads"({ descriptor: { config } }) {
    const { head_count, kv_head_count } = config.block.attention;
    if (head_count % kv_head_count === 0n) return;
    yield {
      pointer: `${ATTENTION}/kv_head_count`,
      message: `${head_count} query heads cannot be divided evenly among ${kv_head_count} key-value heads`,
      actual: kv_head_count,
      related: [["descriptor", `${ATTENTION}/head_count`]],
    };
  },
  "attention-shape-mismatch.rotary-width": equal(
    ["descriptor", `${ATTENTION}/rotary_dim`],
    ["descriptor", `${ATTENTION}/head_dim`],
    (found, wanted) => `rotary_dim is ${found}, but head_dim is ${wanted}`,
  ),
  "size-anchor-mismatch.hidden-size": anchored("/config/hidden_size", {
    pilot32m: 384n,
    internal128m: 768n,
  }),
  "size-anchor-mismatch.layer-count": anchored("/config/layer_count", { pilot32m: 8n, internal128m: 12n }),
  "size-anchor-mismatch.head-count": anchored(`${ATTENTION}/head_count`, {
    pilot32m: 6n,
    internal128m: 12n,
  }),
  "size-anchor-mismatch.intermediate-size": anchored(`${FEED_FORWARD}/intermediate_size`, {
    pilot32m: 1536n,
    internal128m: 3072n,
  }),
  "size-anchor-mismatch.activation": anchored(`${FEED_FORWARD}/activation`, {
    pilot32m: "Silu",
    internal128m: "Silu",
  }),
  "tensor-layout-digest-mismatch.checkpoint": layoutDigest("/checkpoint_contract/tensor_layout_digest"),
  "tensor-layout-digest-mismatch.export": layoutDigest("/export_contract/tensor_layout_digest"),
  *"parameter-count-mismatch"({ descriptor }) {
    const actual = descriptor.parameter_count_estimate;
    const counts = descriptor.checkpoint_contract.tensor_layout.map(({ shape }) => product(shape.dims));
    const expected = counts.reduce((total, count) => total + count, 0n);
    if (actual === expected) return;
    const fits = expected <= MAX_U64;
    yield {
      pointer: "/parameter_count_estimate",
      message: `the tensors of the layout have ${fits ? expected : `more than ${MAX_U64}`} elements in total`,
      expected: fits ? expected : undefined,
      actual,
      related: [["descriptor", LAYOUT]],
    };
  },
  *"tensor-layout-mismatch"({ descriptor: { config, checkpoint_contract: contract } }) {
    const namespace = contract.state_dict_namespace;
    const expected = impliedTensorCount(config);
    const actual = BigInt(contract.tensor_layout.length);
    if (actual !== expected) {
      const difference = firstDifference(contract.tensor_layout, impliedTensors(config, namespace));
      const message = `the layout has ${actual} tensors, but ${config.layer_count} layers imply ${expected}${difference}`;
      yield { pointer: LAYOUT, message, related: [LAYERS] };
      return;
    }
    let index = 0;
    for (const implied of impliedTensors(config, namespace)) {
      const at = `${LAYOUT}/${index}`;
      const { name, shape } = contract.tensor_layout[index++]!;
      if (name !== implied.name) {
        const prefix = otherNamespace(name, implied.name, namespace);
        yield {
          pointer: `${at}/name`,
          message:
            prefix === undefined
              ? `the tensor is ${excerpt(name)}; the config implies ${excerpt(implied.name)}`
              : `the name starts with ${excerpt(prefix)}; expected ${excerpt(namespace)}`,
          expected: implied.name,
          actual: name,
          related: [prefix === undefined ? LAYERS : NAMESPACE],
        };
      }
      if (shape.dims.length !== implied.dims.length) {
        const actual = shape.dims;
        const expected = implied.dims.map((length) => lengthIn(config, length));
        const message = `the tensor has ${actual.length} dimensions; the config implies [${expected.join(", ")}]`;
        yield { pointer: `${at}/shape/dims`, message, expected, actual, related: sourcesOf(implied.dims) };
        continue;
      }
      for (const [place, length] of implied.dims.entries()) {
        const actual = shape.dims[place]!;
        const expected = lengthIn(config, length);
        if (actual === expected) continue;
        yield {
          pointer: `${at}/shape/dims/${place}`,
          message: `the dimension is ${actual}, but ${length.map((at) => partsOf(at).at(-1)).join(" times ")} is ${expected}`,
          expected,
          actual,
          related: sourcesOf([length]),
        };
      }
    }
  },
} satisfies Checks;

const LAYERS: Place = ["descriptor", "/config/layer_count"];
const NAMESPACE: Place = ["descriptor", "/checkpoint_contract/state_dict_namespace"];

/** Where a layout with too many or too few tensors begins to differ, in words. */
function firstDifference(layout: readonly Tensor[], implied: Iterable<ImpliedTensor>): string {
  let position = 0;
  for (const { name } of implied) {
    const tensor = layout[position];
    if (!tensor) break;
    if (tensor.name !== name) {
      return `; first difference at position ${position}: ${excerpt(tensor.name)} instead of ${excerpt(name)}`;
    }
    position++;
  }
  return "";
}

/** The members of the config of which some dimensions are made, each once. */
function sourcesOf(dims: readonly Length[]): Place[] {
  return [...new Set(dims.flat())].map((pointer) => ["descriptor", `/config${pointer}`]);
}

/** The namespace of a name that is the right one except for its namespace. */
function otherNamespace(name: string, expected: string, namespace: string): string | undefined {
  const inner = expected.slice(namespace.length);
  return expected.startsWith(namespace) && name.endsWith(inner) ? name.slice(0, -inner.length) : undefined;
}

/** The largest u64. */
const MAX_U64 = 2n ** 64n - 1n;

/** The check that a member has the value that the size anchor of the model stands for. */
function anchored(pointer: string, values: Record<SizeAnchor, bigint | string>): Apply {
  return function* ({ descriptor }) {
    const expected = values[descriptor.size_anchor];
    const actual = valueAt(descriptor, pointer);
    if (actual === expected) return;
    const message = `${partsOf(pointer).at(-1)} is ${excerpt(actual)}, but the size anchor ${descriptor.size_anchor} fixes ${excerpt(expected)}`;
    yield { pointer, message, expected, actual, related: [["descriptor", "/size_anchor"]] };
  };
}

function layoutDigest(pointer: string): Apply {
  return function* ({ descriptor }) {
    const actual = valueAt(descriptor, pointer);
    const expected = digest(tensorLayoutPreimage(descriptor));
    if (actual === expected) return;
    const message = `digest D6 of the tensor layout is ${expected}`;
    yield { pointer, message, expected, actual, related: [["descriptor", LAYOUT]] };
  };
}

/** The product of some dimensions. A zero is looked for first: it makes the other factors irrelevant. */
function product(dimensions: readonly bigint[]): bigint {
  return dimensions.includes(0n) ? 0n : dimensions.reduce((all, dimension) => all * dimension, 1n);
}
