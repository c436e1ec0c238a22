// Digests that are asked for often, worked out once a document.

import { contentPreimage, digest, modelDescriptorPreimage, tokenizerBindingPreimage } from "./digests.js";

/** D1, of a model descriptor. */
export const tokenizerBindingDigest = remembered(tokenizerBindingPreimage);

/** D2, of a model descriptor. */
export const modelDescriptorDigest = remembered(modelDescriptorPreimage);

/** The content digest, of any document. */
export const contentDigest = remembered(contentPreimage);

/** The digest of a preimage, remembered for as long as there is the document. */
function remembered<T extends object>(preimageOf: (document: T) => string): (document: T) => string {
  const known = new WeakMap<T, string>();
  return (document) => {
    let found = known.get(document);
    if (found === undefined) known.set(document, (found = digest(preimageOf(document))));
    return found;
  };
}
