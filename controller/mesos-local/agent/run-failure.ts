/** The exit status of a `docker run` that failed, from Docker's message (docker/cli, run.go). */

const NOT_FOUND = [
  "executable file not found",
  "no such file or directory",
  "system cannot find the file specified",
];

/** The message of a TASK_FAILED: what Mesos says, and Docker's reason, which Mesos leaves out. */
export function dockerRunFailure(dockerMessage: string): string {
  return `Container exited with status ${statusOf(dockerMessage)}: docker: ${dockerMessage}`;
}

function statusOf(message: string): number {
  if (NOT_FOUND.some((text) => message.includes(text))) return 127;
  if (message.includes("permission denied")) return 126;
  return 125;
}
