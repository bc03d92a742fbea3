/** How this framework introduces itself. Pure. */
import { LEAST_RESOURCES } from "../../crd-schema/values/least-resources.ts";
import { ERROR_CODES, type OperationError } from "../model/errors.ts";
import type { Call, FrameworkInfo, OfferFilters } from "./wire.ts";

type Subscribe = Extract<Call, { type: "SUBSCRIBE" }>;

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
 * What a good citizen says beyond what a SUBSCRIBE needs. A master that does not know it leaves it
 * out; where one refuses, the next try does without, so that no wish costs the subscription.
 */
export class Introduction {
  private plain = false;

  constructor(private readonly options: FrameworkOptions) {}

  /** @param wantsOffers false: none shall come until REVIVE, also on a new subscription */
  subscribeCall(frameworkId: string | null, wantsOffers: boolean): Subscribe {
    const call = subscribeCall(this.options, frameworkId);
    if (this.plain) return call;
    const { role } = this.options;
    const { framework_info } = call.subscribe;
    return {
      ...call,
      subscribe: {
        framework_info: { ...framework_info, offer_filters: { [role]: OFFER_FILTERS } },
        ...(wantsOffers ? {} : { suppressed_roles: [role] }),
      },
    };
  }

  /** A SUBSCRIBE came to nothing. */
  failed({ code }: OperationError): void {
    if (code === ERROR_CODES.MESOS_REFUSED) this.plain = !this.plain;
  }
}

/** Scraps that no node of any spec fits on are left to others (Mesos 1.10 and later). */
const OFFER_FILTERS: OfferFilters = {
  min_allocatable_resources: {
    quantities: [
      {
        quantities: {
          cpus: { value: LEAST_RESOURCES.cpus },
          mem: { value: LEAST_RESOURCES.memoryMiB },
          disk: { value: LEAST_RESOURCES.diskMiB },
        },
      },
    ],
  },
};

function subscribeCall(options: FrameworkOptions, frameworkId: string | null): Subscribe {
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
  if (frameworkId === null) return { type: "SUBSCRIBE", subscribe: { framework_info } };
  // A master refuses unless both are there and equal.
  const id = { value: frameworkId };
  return {
    type: "SUBSCRIBE",
    framework_id: id,
    subscribe: { framework_info: { ...framework_info, id } },
  };
}
