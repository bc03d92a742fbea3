/**
 * A clock that was set back leaves stored times in its future. A wait that was counted from there
 * would last as long as the clock was wrong: it is counted from now.
 */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { SlotTask } from "../../model/memory.ts";
import { relaunchDelayMs } from "./backoff.ts";
import type { Draft } from "../plan-builder.ts";

export function turnBackTimers({ backoff }: ClusterSpec, draft: Draft): void {
  const { now } = draft;
  for (const { slot, notBefore, failures, task } of draft.slots) {
    const latest = now + relaunchDelayMs(backoff, failures);
    if (notBefore > latest) draft.patchSlot(slot, { notBefore: latest });
    if (task !== null && sinces(task).some((at) => at > now)) {
      draft.patchTask(slot, {
        unreachableSince: noLater(task.unreachableSince, now),
        silentSince: noLater(task.silentSince, now),
        etcdFailingSince: noLater(task.etcdFailingSince, now),
        readyAt: noLater(task.readyAt, now),
      });
    }
  }
  const { lostSince } = draft.recovery;
  if (lostSince !== null && lostSince > now) draft.recover({ lostSince: now });
  if (draft.compactedAt !== null && draft.compactedAt > now) draft.compactedAt = now;
}

function sinces(task: SlotTask): readonly number[] {
  const { unreachableSince, silentSince, etcdFailingSince, readyAt } = task;
  return [unreachableSince, silentSince, etcdFailingSince, readyAt].filter((at) => at !== null);
}

function noLater(at: number | null, now: number): number | null {
  return at === null ? null : Math.min(at, now);
}
