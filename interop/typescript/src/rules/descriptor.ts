// A model descriptor by itself.

import { digest, tensorLayoutPreimage } from "../digests.js";
import type { CompactDecoderDescriptor } from "../generated/types.js";
import { type Check, differs, equal, shown, valueAt } from "./check.js";
import { impliedTensors, impliedTensorCount } from "./layout.js";

const ATTENTION = "/config/block/attention";
const FEED_FORWARD = "/config/block/feed_forward";
const LAYOUT = "/checkpoint_contract/tensor_layout";

type SizeAnchor = CompactDecoderDescriptor["size_anchor"];

/** What each size anchor stands for. */
const ANCHORS: Record<SizeAnchor, Record<string, bigint | string>> = {
  pilot32m: {
    "/config/hidden_size": 384n,
    "/config/layer_count": 8n,
    [`${ATTENTION}/head_count`]: 6n,
    [`${FEED_FORWARD}/intermediate_size`]: 1536n,
    [`${FEED_FORWARD}/activation`]: "Silu",
  },
  internal128m: {
    "/config/hidden_size": 768n,
    "/config/layer_count": 12n,
    [`${ATTENTION}/head_count`]: 12n,
    [`${FEED_FORWARD}/intermediate_size`]: 3072n,
    [`${FEED_FORWARD}/activation`]: "Silu",
  },
};

export const DESCRIPTOR_CHECKS: Check[] = [
  equal(
    "vocabulary-size-mismatch",
    "descriptor",
    ["descriptor", "/config/vocab_size"],
    ["descriptor", "/tokenizer_binding/vocab_size"],
  ),
  {
    rules: ["attention-shape-mismatch"],
    judges: "descriptor",
    reads: { descriptor: ["/config/hidden_size", `${ATTENTION}/head_count`, `${ATTENTION}/head_dim`] },
    *apply({ descriptor: { config } }) {
      const { head_count, head_dim } = config.block.attention;
      const expected = head_count * head_dim;
      const actual = config.hidden_size;
      if (actual === expected) return;
      const message = `is ${actual}, but head_count times head_dim is ${expected}`;
      yield { pointer: "/config/hidden_size", message, expected, actual };
    },
  },
  {
    rules: ["attention-shape-mismatch"],
    judges: "descriptor",
    reads: { descriptor: [`${ATTENTION}/head_count`, `${ATTENTION}/kv_head_count`] },
    *apply({ descriptor: { config } }) {
      const { head_count, kv_head_count } = config.block.attention;
      if (head_count % kv_head_count === 0n) return;
      const message = `${kv_head_count} does not divide head_count, which is ${head_count}`;
      yield { pointer: `${ATTENTION}/kv_head_count`, message, actual: kv_head_count };
    },
  },
  equal(
    "attention-shape-mismatch",
    "descriptor",
    ["descriptor", `${ATTENTION}/rotary_dim`],
    ["descriptor", `${ATTENTION}/head_dim`],
  ),
  ...Object.keys(ANCHORS.pilot32m).map((member): Check => ({
    rules: ["size-anchor-mismatch"],
    judges: "descriptor",
    reads: { descriptor: ["/size_anchor", member] },
    *apply({ descriptor }) {
      const expected = ANCHORS[descriptor.size_anchor][member];
      const actual = valueAt(descriptor, member);
      if (actual === expected) return;
      const message = `is ${shown(actual)}, but ${descriptor.size_anchor} stands for ${shown(expected)}`;
      yield { pointer: member, message, expected, actual, against: [["descriptor", "/size_anchor"]] };
    },
  })),
  ...["checkpoint_file_name", "checkpoint_format"].map((name) => {
    const own = ["descriptor", `/export_contract/${name}`] as const;
    return equal("export-contract-mismatch", "descriptor", own, [
      "descriptor",
      `/checkpoint_contract/${name}`,
    ]);
  }),
  ...["checkpoint_contract", "export_contract"].map((part): Check => ({
    rules: ["tensor-layout-digest-mismatch"],
    judges: "descriptor",
    reads: { descriptor: [LAYOUT, `/${part}/tensor_layout_digest`] },
    *apply({ descriptor }) {
      const pointer = `/${part}/tensor_layout_digest`;
      const actual = valueAt(descriptor, pointer);
      const expected = digest(tensorLayoutPreimage(descriptor));
      if (actual === expected) return;
      yield { pointer, message: `is ${shown(actual)}, but D6 is ${shown(expected)}`, expected, actual };
    },
  })),
  {
    rules: ["parameter-count-mismatch"],
    judges: "descriptor",
    reads: { descriptor: [LAYOUT, "/parameter_count_estimate"] },
    *apply({ descriptor }) {
      const actual = descriptor.parameter_count_estimate;
      const counts = descriptor.checkpoint_contract.tensor_layout.map(({ shape }) => product(shape.dims));
      const expected = counts.reduce((total, count) => total + count, 0n);
      if (actual === expected) return;
      const message = `is ${actual}, but the tensors hold ${expected} elements`;
      yield {
        pointer: "/parameter_count_estimate",
        message,
        expected,
        actual,
        against: [["descriptor", LAYOUT]],
      };
    },
  },
  {
    rules: ["tensor-layout-mismatch"],
    judges: "descriptor",
    reads: { descriptor: ["/config", "/checkpoint_contract/state_dict_namespace", LAYOUT] },
    *apply({ descriptor: { config, checkpoint_contract: contract } }) {
      const expected = impliedTensorCount(config);
      const actual = BigInt(contract.tensor_layout.length);
      if (actual !== expected) {
        yield {
          pointer: LAYOUT,
          message: `holds ${actual} tensors, but the config implies ${expected}`,
          expected,
          actual,
        };
        return;
      }
      for (const [index, implied] of impliedTensors(config, contract.state_dict_namespace).entries()) {
        const { name, shape } = contract.tensor_layout[index]!;
        const at = `${LAYOUT}/${index}`;
        const config = ["descriptor", "/config"] as const;
        if (name !== implied.name) yield differs(["descriptor", `${at}/name`], config, name, implied.name);
        if (shape.dims.length !== implied.dims.length) {
          const message = `has ${shape.dims.length} dimensions, but the config implies ${implied.dims.length}`;
          yield { pointer: `${at}/shape/dims`, message, against: [config] };
          continue;
        }
        for (const [place, length] of implied.dims.entries()) {
          const stands = shape.dims[place];
          if (stands !== length)
            yield differs(["descriptor", `${at}/shape/dims/${place}`], config, stands, length);
        }
      }
    },
  },
];

/** The product of some dimensions. A zero is looked for first: it saves the product of the others. */
function product(dimensions: readonly bigint[]): bigint {
  return dimensions.includes(0n) ? 0n : dimensions.reduce((all, dimension) => all * dimension, 1n);
}
