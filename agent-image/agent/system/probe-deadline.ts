/** How long a question to a service may take. */

/**
 * Who stood still itself finds its timers due before it has read what came meanwhile: that is read
 * first.
 */
export function probeDeadline(ms: number, onOver: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(onOver);
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
