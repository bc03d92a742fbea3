import type { KernelRecord } from "../../../../agent-image/agent/kernels/kernel-records.ts";
import type { KernelSpec, KernelStatus } from "../../../../controller/model/kernels.ts";
import type { MemberRecord } from "../../../../controller/model/naming.ts";

export const CLIENT_KEY = "k".repeat(40);

export function aMember(slot: number, taskId = `task-${slot}`): MemberRecord {
  const ssh = { user: "admin", userKey: "ssh-ed25519 U", hostKey: "ssh-ed25519 H" };
  const ids = { slot, taskId, ip: `10.0.0.${slot}`, memberId: `${slot + 1}` };
  return { ...ids, ssh, kernels: { clientKey: CLIENT_KEY } };
}

export function aSpec(kernelId: string, slot: number, patch: Partial<KernelSpec> = {}): KernelSpec {
  return {
    kernelId,
    name: "python3",
    argv: ["python3", "{connection_file}"],
    cwd: "/shared",
    env: { A: "1" },
    incarnation: 1,
    slot,
    taskId: `task-${slot}`,
    createdAt: 5,
    term: 3,
    signal: null,
    lastExit: null,
    ...patch,
  };
}

export function aStatus(spec: KernelSpec, patch: Partial<KernelStatus> = {}): KernelStatus {
  const { kernelId, incarnation, slot, taskId } = spec;
  return {
    ...{ kernelId, incarnation, slot, taskId },
    state: "idle",
    since: 9,
    memoryBytes: 100,
    front: null,
    done: 0,
    exit: null,
    lastExit: null,
    ...patch,
  };
}

export function aRecord(id: string, slot: number, patch: Partial<KernelStatus> = {}): KernelRecord {
  const spec = aSpec(id, slot);
  return { spec, revision: "7", status: aStatus(spec, patch) };
}
