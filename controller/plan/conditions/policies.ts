/** The conditions that follow from what is observed; the summaries rest on these. */
import type { ConditionType } from "../../model/resource.ts";
import { allMembersReady } from "./all-members-ready.ts";
import { allMembersUpdated } from "./all-members-updated.ts";
import { backupReady } from "./backup-ready.ts";
import { frameworkRegistered } from "./framework-registered.ts";
import { jupyterReady } from "./jupyter-ready.ts";
import type { ConditionContext, ConditionPolicy, ConditionResult, ReasonOf } from "./policy.ts";
import { proxyReady } from "./proxy-ready.ts";
import { quorate } from "./quorate.ts";
import { recovering } from "./recovering.ts";
import { spaceAvailable } from "./space-available.ts";
import { specValid } from "./spec-valid.ts";
import { sshReady } from "./ssh-ready.ts";
import { stateStored } from "./state-stored.ts";
import { storageReady } from "./storage-ready.ts";
import { suspended } from "./suspended.ts";

export type SummaryType = "Ready" | "Progressing" | "Degraded";

export const POLICIES = {
  SpecValid: specValid,
  StateStored: stateStored,
  FrameworkRegistered: frameworkRegistered,
  Suspended: suspended,
  Quorate: quorate,
  AllMembersReady: allMembersReady,
  AllMembersUpdated: allMembersUpdated,
  Recovering: recovering,
  SpaceAvailable: spaceAvailable,
  BackupReady: backupReady,
  JupyterReady: jupyterReady,
  ProxyReady: proxyReady,
  SSHReady: sshReady,
  StorageReady: storageReady,
} satisfies Readonly<Record<Exclude<ConditionType, SummaryType>, ConditionPolicy>>;

type Policies = typeof POLICIES;

export type PolicyResults = {
  readonly [Type in keyof Policies]: ConditionResult<ReasonOf<Policies[Type]>>;
};

export function evaluatePolicies(context: ConditionContext): PolicyResults {
  const results = Object.entries(POLICIES).map(([type, { evaluate }]) => [type, evaluate(context)]);
  // One result a policy, under its name: more than the library's types can say.
  return Object.fromEntries(results) as PolicyResults;
}
