/** What a changed spec would do to a running cluster, as people are told before anything is done. */

import type { KernelSummary } from "./resource.ts";

/** `rolling`: containers are replaced one by one. `refused`: the controller keeps the old spec. */
export type EffectKind = "scale" | "rolling" | "live" | "refused" | "stop";

type PreviewOutcome = "create" | "unchanged" | "change" | "refused";

export interface PreviewedChange {
  /**
   * As in the file, e.g. `spec.proxy.port`; list items by their key, e.g. `….constraints[rack]`.
   */
  readonly field: string;
  /** undefined: absent on that side. */
  readonly from: unknown;
  readonly to: unknown;
  readonly kind: EffectKind;
  /** What would be done and why, one sentence without a full stop. */
  readonly effect: string;
}

export interface Preview {
  readonly namespace: string;
  readonly name: string;
  readonly verdict: PreviewOutcome;
  readonly changes: readonly PreviewedChange[];
  /** That live now and would end with their containers, as far as anybody tells of kernels. */
  readonly kernels: readonly EndedKernel[];
}

export type EndedKernel = Pick<
  KernelSummary,
  "id" | "name" | "notebook" | "node" | "slot" | "state"
>;
