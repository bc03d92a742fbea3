/**
 * Production code lets programmer errors end the process, by rejections that nobody handles. In a
 * simulation they must not end the simulator: they are findings.
 */
export function catchRejections(onError: (text: string) => void): () => void {
  const others = process.listeners("unhandledRejection");
  const own = (reason: unknown) => {
    onError(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  };
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", own);
  return () => {
    process.off("unhandledRejection", own);
    for (const listener of others) process.on("unhandledRejection", listener);
  };
}
