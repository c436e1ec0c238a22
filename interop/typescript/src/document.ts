// A contract document where it stands.

import { digest, contentPreimage, modelDescriptorPreimage } from "./digests.js";
import type { CompactDecoderDescriptor } from "./generated/types.js";
import type { JsonObject } from "./json.js";
import { memberOf } from "./json.js";
import { IDENTITIES, type Role } from "./kinds.js";
import { overlaps } from "./pointers.js";

export class Document {
  private content: string | undefined;
  private model: string | undefined;

  /**
   * @param name - of what it was found in.
   * @param pointer - where it stands in there.
   * @param value - its u64 members as bigints.
   * @param broken - pointers, from its root, of what the reader or the schema objects to.
   * @param judged - false for one that is only there to be referred to.
   */
  constructor(
    readonly name: string,
    readonly pointer: string,
    readonly role: Role,
    readonly value: JsonObject,
    readonly broken: readonly string[],
    readonly judged: boolean,
  ) {}

  /** Whether something that touches one of these pointers is broken. */
  isBrokenAt(pointers: readonly string[]): boolean {
    return this.broken.some((bad) => pointers.some((pointer) => overlaps(bad, pointer)));
  }

  /** The members by which others refer to it; undefined where one of them is no sound string. */
  get identity(): string[] | undefined {
    const paths = IDENTITIES[this.role];
    if (this.isBrokenAt(paths.map((path) => `/${path.join("/")}`))) return undefined;
    const members = paths.map((path) => path.reduce<unknown>(memberOf, this.value));
    return members.every((member) => typeof member === "string") ? members : undefined;
  }

  /** The content digest. */
  get contentDigest(): string {
    return (this.content ??= digest(contentPreimage(this.value)));
  }

  /** D2 of a model descriptor; undefined where it is broken. */
  get descriptorDigest(): string | undefined {
    if (this.broken.length) return undefined;
    return (this.model ??= digest(
      modelDescriptorPreimage(this.value as unknown as CompactDecoderDescriptor),
    ));
  }
}
