// What is needed often, computed once per document.

import { contentPreimage, digest, modelDescriptorPreimage, tokenizerBindingPreimage } from "./digests.js";

/** The digest D1 of a model descriptor. */
export const tokenizerBindingDigest = digestOf(tokenizerBindingPreimage);

/** The digest D2 of a model descriptor. */
export const modelDescriptorDigest = digestOf(modelDescriptorPreimage);

/** The content digest of any document. */
export const contentDigest = digestOf(contentPreimage);

function digestOf<T extends object>(preimageOf: (document: T) => string): (document: T) => string {
  return remembered((document) => digest(preimageOf(document)));
}

/** What a function makes of an object, computed once for as long as the object exists. */
export function remembered<T extends object, R>(make: (object: T) => R): (object: T) => R {
  const known = new WeakMap<T, R>();
  return (object) => {
    let found = known.get(object);
    if (found === undefined) known.set(object, (found = make(object)));
    return found;
  };
}
