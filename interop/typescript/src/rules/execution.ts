// The execution that a receipt reports: its devices, what each of them held, and its steps.

import type { PretrainStageReceipt } from "../generated/types.js";
import { MAX_SAFE_INTEGER } from "../json.js";
import { type Checks, excerpt, firstByKey, type Place } from "./check.js";

const DEVICES = "/delivered_execution/selected_devices";
const ASSIGNMENTS = "/delivered_execution/execution_topology/assignments";

export const EXECUTION_CHECKS = {
  *"execution-mismatch.devices"({ receipt }) {
    const devices = devicesOf(receipt);
    const first = firstByKey(devices, (device) => device.stable_device_id);
    for (const [index, { stable_device_id: actual }] of devices.entries()) {
      const earlier = first.get(actual)!.index;
      if (earlier === index) continue;
      yield {
        pointer: `${DEVICES}/${index}/stable_device_id`,
        message: `the device ${excerpt(actual)} is selected twice`,
        actual,
        related: [["receipt", `${DEVICES}/${earlier}/stable_device_id`]],
      };
    }
  },
  *"execution-mismatch.assignments"({ receipt }) {
    const selected = new Set(devicesOf(receipt).map((device) => device.stable_device_id));
    for (const [index, { device }] of assignmentsOf(receipt).entries()) {
      const actual = device.stable_device_id;
      if (selected.has(actual)) continue;
      yield {
        pointer: `${ASSIGNMENTS}/${index}/device/stable_device_id`,
        message: `the shard is assigned to ${excerpt(actual)}, which is not a selected device`,
        actual,
        related: [["receipt", DEVICES]],
      };
    }
  },
  *"execution-mismatch.ranges"({ receipt }) {
    for (const [index, { partition }] of assignmentsOf(receipt).entries()) {
      const at = `${ASSIGNMENTS}/${index}/partition`;
      if (partition.kind === "layer_range" && partition.end_layer < partition.start_layer) {
        yield backwards(`${at}/end_layer`, partition.end_layer, `${at}/start_layer`, partition.start_layer);
      } else if (partition.kind === "tensor_range" && partition.end < partition.start) {
        yield backwards(`${at}/end`, partition.end, `${at}/start`, partition.start);
      }
    }
  },
  *"execution-mismatch.layers"({ receipt, descriptor }) {
    const layers = descriptor.config.layer_count;
    for (const [index, { partition }] of assignmentsOf(receipt).entries()) {
      if (partition.kind !== "layer_range" || partition.end_layer <= layers) continue;
      yield {
        pointer: `${ASSIGNMENTS}/${index}/partition/end_layer`,
        message: `the range ends at layer ${partition.end_layer}, but the model has ${layers} layers`,
        actual: partition.end_layer,
        related: [["descriptor", "/config/layer_count"]],
      };
    }
  },
  *"execution-mismatch.memory"({ receipt }) {
    for (const [index, device] of devicesOf(receipt).entries()) {
      const free = device.free_memory_bytes ?? null;
      const total = device.total_memory_bytes ?? null;
      if (free === null || total === null || free <= total) continue;
      yield {
        pointer: `${DEVICES}/${index}/free_memory_bytes`,
        message: `${free} bytes of the device are free, but it has ${total}`,
        actual: free,
        related: [["receipt", `${DEVICES}/${index}/total_memory_bytes`]],
      };
    }
  },
  *"execution-mismatch.steps"({ receipt }) {
    const { promoted_checkpoint: promoted, base_checkpoint: base } = receipt.checkpoint_lineage;
    const actual = receipt.accelerator_execution?.optimizer_steps_completed;
    const first = base ? (base.step ?? null) : 0;
    const last = promoted.step ?? null;
    if (actual === undefined || first === null || last === null) return;
    const expected = BigInt(last) - BigInt(first);
    // Where the base is not before the promoted one, checkpoint-order says so.
    if (expected === BigInt(actual) || (base && expected <= 0n)) return;
    const steps: Place[] = [["receipt", "/checkpoint_lineage/promoted_checkpoint/step"]];
    if (base) steps.push(["receipt", "/checkpoint_lineage/base_checkpoint/step"]);
    const start = base ? `step ${first} of the base checkpoint` : "fresh weights";
    yield {
      pointer: "/accelerator_execution/optimizer_steps_completed",
      message: `${actual} steps are completed, but from ${start} to step ${last} of the promoted one there are ${expected}`,
      expected: expected <= MAX_SAFE_INTEGER ? Number(expected) : expected,
      actual,
      related: steps,
    };
  },
} satisfies Checks;

function devicesOf({ delivered_execution: delivered }: PretrainStageReceipt) {
  return delivered?.selected_devices ?? [];
}

function assignmentsOf({ delivered_execution: delivered }: PretrainStageReceipt) {
  return delivered?.execution_topology?.assignments ?? [];
}

function backwards(pointer: string, end: number | bigint, start: string, first: number | bigint) {
  const message = `the range ends at ${end}, before its start at ${first}`;
  return { pointer, message, actual: end, related: [["receipt", start] as Place] };
}
