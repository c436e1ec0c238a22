// Digests that are needed often, computed once per document.

import { contentPreimage, digest, modelDescriptorPreimage, tokenizerBindingPreimage } from "./digests.js";

/** The digest D1 of a model descriptor. */
export const tokenizerBindingDigest = remembered(tokenizerBindingPreimage);

/** The digest D2 of a model descriptor. */
export const modelDescriptorDigest = remembered(modelDescriptorPreimage);

/** The content digest of any document. */
export const contentDigest = remembered(contentPreimage);

/** Caches the digest of a preimage for as long as the document exists. */
function remembered<T extends object>(preimageOf: (document: T) => string): (document: T) => string {
  const known = new WeakMap<T, string>();
  return (document) => {
    let found = known.get(document);
    if (found === undefined) known.set(document, (found = digest(preimageOf(document))));
    return found;
  };
}
