// Each finding once.

import type { Finding } from "./findings.js";

/**
 * Tells new findings from those that were told before: a receipt inside a program is validated twice, and a member may be
 * repeated several times.
 */
export function distinct(): (finding: Finding) => boolean {
  const known = new Set<string>();
  return ({ rule, document, pointer, keyword = "", message }) => {
    return known.size < known.add([rule, document, pointer, keyword, message].join("\0")).size;
  };
}
