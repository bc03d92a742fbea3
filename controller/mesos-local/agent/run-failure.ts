/** The exit status of a `docker run` that failed, from Docker's message (docker/cli, run.go). */
import type { ContainerOutput } from "./docker-engine.ts";

const NOT_FOUND = [
  "executable file not found",
  "no such file or directory",
  "system cannot find the file specified",
];

/** The message of a TASK_FAILED: what Mesos says, and Docker's reason, which Mesos leaves out. */
export function dockerRunFailure(dockerMessage: string): string {
  return `Container exited with status ${statusOf(dockerMessage)}: docker: ${dockerMessage}`;
}

/**
 * What the executor of a real agent has in its stderr besides: `docker run`'s own words.
 *
 * @param refusal empty: Docker has started it
 */
export function withRefusal(output: ContainerOutput, refusal: string): ContainerOutput {
  if (refusal === "") return output;
  const gap = output.stderr.length === 0 ? "" : "\n";
  return { ...output, stderr: Buffer.concat([output.stderr, Buffer.from(`${gap}${refusal}\n`)]) };
}

function statusOf(message: string): number {
  if (NOT_FOUND.some((text) => message.includes(text))) return 127;
  if (message.includes("permission denied")) return 126;
  return 125;
}
