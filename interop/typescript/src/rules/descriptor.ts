// A model descriptor by itself.

import { digest, tensorLayoutPreimage } from "../digests.js";
import type { CompactDecoderDescriptor } from "../generated/types.js";
import { type Apply, type Checks, equal, type Place, excerpt, valueAt } from "./check.js";
import { impliedTensorCount, impliedTensors, type Length, lengthIn } from "./layout.js";

const ATTENTION = "/config/block/attention";
const FEED_FORWARD = "/config/block/feed_forward";
const LAYOUT = "/checkpoint_contract/tensor_layout";

type SizeAnchor = CompactDecoderDescriptor["size_anchor"];

export const DESCRIPTOR_CHECKS = {
  "vocabulary-size-mismatch": equal(
    ["descriptor", "/config/vocab_size"],
    ["descriptor", "/tokenizer_binding/vocab_size"],
  ),
  *"attention-shape-mismatch.hidden-size"({ descriptor: { config } }) {
    const { head_count, head_dim } = config.block.attention;
    const expected = head_count * head_dim;
    const actual = config.hidden_size;
    if (actual === expected) return;
    yield {
      pointer: "/config/hidden_size",
      message: `is ${actual}, but head_count times head_dim is ${expected}`,
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
      message: `${kv_head_count} does not divide head_count, which is ${head_count}`,
      actual: kv_head_count,
      related: [["descriptor", `${ATTENTION}/head_count`]],
    };
  },
  "attention-shape-mismatch.rotary-width": equal(
    ["descriptor", `${ATTENTION}/rotary_dim`],
    ["descriptor", `${ATTENTION}/head_dim`],
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
  "export-contract-mismatch.checkpoint-file-name": exported("checkpoint_file_name"),
  "export-contract-mismatch.checkpoint-format": exported("checkpoint_format"),
  "tensor-layout-digest-mismatch.checkpoint": layoutDigest("/checkpoint_contract/tensor_layout_digest"),
  "tensor-layout-digest-mismatch.export": layoutDigest("/export_contract/tensor_layout_digest"),
  *"parameter-count-mismatch"({ descriptor }) {
    const actual = descriptor.parameter_count_estimate;
    const counts = descriptor.checkpoint_contract.tensor_layout.map(({ shape }) => product(shape.dims));
    const expected = counts.reduce((total, count) => total + count, 0n);
    if (actual === expected) return;
    yield {
      pointer: "/parameter_count_estimate",
      message: `is ${actual}, but the tensors have ${expected} elements`,
      expected,
      actual,
      related: [["descriptor", LAYOUT]],
    };
  },
  *"tensor-layout-mismatch"({ descriptor: { config, checkpoint_contract: contract } }) {
    const namespace = contract.state_dict_namespace;
    const expected = impliedTensorCount(config);
    const actual = BigInt(contract.tensor_layout.length);
    if (actual !== expected) {
      const message = `has ${actual} tensors, but the config implies ${expected}`;
      yield { pointer: LAYOUT, message, expected, actual, related: [LAYERS] };
      return;
    }
    for (const [index, implied] of impliedTensors(config, namespace).entries()) {
      const { name, shape } = contract.tensor_layout[index]!;
      const at = `${LAYOUT}/${index}`;
      if (name !== implied.name) {
        yield {
          pointer: `${at}/name`,
          message: `is ${excerpt(name)}, but the config implies ${excerpt(implied.name)}`,
          expected: implied.name,
          actual: name,
          related: [hasOtherNamespace(name, implied.name, namespace) ? NAMESPACE : LAYERS],
        };
      }
      if (shape.dims.length !== implied.dims.length) {
        const message = `has ${shape.dims.length} dimensions, but the config implies ${implied.dims.length}`;
        yield { pointer: `${at}/shape/dims`, message, related: sourcesOf(implied.dims) };
        continue;
      }
      for (const [place, length] of implied.dims.entries()) {
        const actual = shape.dims[place]!;
        const expected = lengthIn(config, length);
        if (actual === expected) continue;
        yield {
          pointer: `${at}/shape/dims/${place}`,
          message: `is ${actual}, but the config implies ${expected}`,
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

/** The members of the config of which some dimensions are made, each once. */
function sourcesOf(dims: readonly Length[]): Place[] {
  return [...new Set(dims.flat())].map((pointer) => ["descriptor", `/config${pointer}`]);
}

/** Whether a name is the right one except for its namespace. */
function hasOtherNamespace(name: string, expected: string, namespace: string): boolean {
  return expected.startsWith(namespace) && name.endsWith(expected.slice(namespace.length));
}

/** The check that a member has the value that the size anchor of the model stands for. */
function anchored(pointer: string, values: Record<SizeAnchor, bigint | string>): Apply {
  return function* ({ descriptor }) {
    const expected = values[descriptor.size_anchor];
    const actual = valueAt(descriptor, pointer);
    if (actual === expected) return;
    const message = `is ${excerpt(actual)}, but the size ${descriptor.size_anchor} has ${excerpt(expected)}`;
    yield { pointer, message, expected, actual, related: [["descriptor", "/size_anchor"]] };
  };
}

function exported(name: string): Apply {
  return equal(["descriptor", `/export_contract/${name}`], ["descriptor", `/checkpoint_contract/${name}`]);
}

function layoutDigest(pointer: string): Apply {
  return function* ({ descriptor }) {
    const actual = valueAt(descriptor, pointer);
    const expected = digest(tensorLayoutPreimage(descriptor));
    if (actual === expected) return;
    const message = `is ${excerpt(actual)}, but D6 is ${excerpt(expected)}`;
    yield { pointer, message, expected, actual, related: [["descriptor", LAYOUT]] };
  };
}

/** The product of some dimensions. A zero is looked for first: it makes the other factors irrelevant. */
function product(dimensions: readonly bigint[]): bigint {
  return dimensions.includes(0n) ? 0n : dimensions.reduce((all, dimension) => all * dimension, 1n);
}
