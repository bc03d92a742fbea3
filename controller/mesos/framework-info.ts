/** How this framework introduces itself. Pure. */
import type { Call, FrameworkInfo } from "./wire.ts";

export interface FrameworkOptions {
  readonly name: string;
  /** Unix user on the agents. */
  readonly user: string;
  readonly role: string;
  readonly failoverTimeoutSeconds: number;
  readonly webuiUrl?: string;
  readonly principal?: string;
}

/**
 * PARTITION_AWARE tells a task that is out of sight from one that is gone; TASK_KILLING_STATE shows
 * that a kill has arrived. Without MULTI_ROLE, resources need no allocation_info.
 */
const CAPABILITIES = [{ type: "PARTITION_AWARE" }, { type: "TASK_KILLING_STATE" }];

/**
 * @param wantsOffers false: none shall come until REVIVE, also on a new subscription. A master that
 *   does not know how to begin silent is told again by SUPPRESS.
 */
export function subscribeCall(
  options: FrameworkOptions,
  frameworkId: string | null,
  wantsOffers: boolean,
): Extract<Call, { type: "SUBSCRIBE" }> {
  const framework_info: FrameworkInfo = {
    name: options.name,
    user: options.user,
    role: options.role,
    failover_timeout: options.failoverTimeoutSeconds,
    // With it tasks survive a restart of their agent, and an agent that is cut off is waited for.
    checkpoint: true,
    capabilities: CAPABILITIES,
    ...(options.webuiUrl === undefined ? {} : { webui_url: options.webuiUrl }),
    ...(options.principal === undefined ? {} : { principal: options.principal }),
  };
  const silence = wantsOffers ? {} : { suppressed_roles: [options.role] };
  if (frameworkId === null) return { type: "SUBSCRIBE", subscribe: { framework_info, ...silence } };
  // A master refuses unless both are there and equal.
  const id = { value: frameworkId };
  return {
    type: "SUBSCRIBE",
    framework_id: id,
    subscribe: { framework_info: { ...framework_info, id }, ...silence },
  };
}
