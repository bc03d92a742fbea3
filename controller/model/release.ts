/**
 * Which release this is, and which versions of the agents' API it speaks (docs/versions.md). A constant of the
 * sources, for the agent's bundle has no package.json beside it; a test holds the two together.
 */

export const RELEASE = "0.2.0";

/** Agents up to this release do not say which they are. */
export const RELEASE_UNTOLD = "0.1.0";

/**
 * Versions of the contract in model/agent-api.ts that this release's controllers speak and its agents answer.
 * 2 has over 1: an agent that tells its release and heeds the version of what it is told.
 */
export const AGENT_API_VERSIONS: readonly number[] = [1, 2];

/** What an agent says of itself before anything else of it is understood. */
export interface AgentVersion {
  /** `0.1.0 or before` for one that does not say. */
  readonly release: string;
  /** Ascending. */
  readonly apiVersions: readonly number[];
}

const TEXT = /^[\x21-\x7e]{1,64}$/;
const VERSIONS_MAX = 16;

/** Of anything an agent has sent, whatever else is in it. */
export function agentVersionOf(status: object): AgentVersion {
  const { release, apiVersions } = status as { release?: unknown; apiVersions?: unknown };
  const told = typeof release === "string" && TEXT.test(release) ? release : null;
  return {
    release: told ?? `${RELEASE_UNTOLD} or before`,
    apiVersions: isVersions(apiVersions) ? apiVersions.toSorted((a, b) => a - b) : [1],
  };
}

/** The highest version that both know; null: there is none. */
export function commonApiVersion(theirs: readonly number[]): number | null {
  return theirs.filter((v) => AGENT_API_VERSIONS.includes(v)).at(-1) ?? null;
}

/** For a person: why nothing can be agreed on with this agent, and what to do. */
export function unsupportedText({ release, apiVersions }: AgentVersion): string {
  const newer = Math.min(...apiVersions) > Math.max(...AGENT_API_VERSIONS);
  const remedy = newer
    ? "run a controller of that release, or one between"
    : "update by way of a release between, or give spec.image an image of this release";
  return (
    `agent of release ${release} speaks API ${apiVersions.join(", ")}, ` +
    `this controller (${RELEASE}) ${AGENT_API_VERSIONS.join(", ")}: ${remedy}`
  );
}

function isVersions(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= VERSIONS_MAX &&
    value.every((v) => Number.isSafeInteger(v) && (v as number) > 0)
  );
}
