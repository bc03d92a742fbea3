/** Small, fast hashes that are no cryptography: for seeds, ids and fingerprints of traces. */

/** FNV-1a with murmur's finalizer, so that a change of one character changes every bit's odds. */
export function hash32(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return finalize(hash);
}

export function finalize(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Sixteen hex digits without a leading zero, as etcd prints its ids. */
export function hexIdOf(text: string): string {
  const high = (hash32(text, 11) | 0x10000000) >>> 0;
  return high.toString(16) + hash32(text, 12).toString(16).padStart(8, "0");
}
