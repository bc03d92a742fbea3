/** The version of what a controller tells this agent: one that is not known here is not guessed at. */
import { AGENT_API_VERSIONS, RELEASE } from "../../../controller/model/release.ts";
import type { Checker } from "../../../controller/support/checker.ts";

export class UnknownVersionError extends Error {
  override readonly name = "UnknownVersionError";
}

/**
 * What does not say is of 1: a controller of 0.1.0 does not.
 *
 * @param what for the error
 * @throws CheckError when it is no version, UnknownVersionError when it is another's
 */
export function requireKnownVersion(root: Checker, what: string): void {
  const version = root.optionalInteger("apiVersion", 1, Number.MAX_SAFE_INTEGER) ?? 1;
  if (AGENT_API_VERSIONS.includes(version)) return;
  throw new UnknownVersionError(
    `${what} is of version ${version} of the agents' API; this agent, of release ${RELEASE}, knows ` +
      `${AGENT_API_VERSIONS.join(", ")}. Give spec.image an image of the controller's release, or leave it out.`,
  );
}
