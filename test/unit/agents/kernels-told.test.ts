/** What agents tell of kernels, at the border. */
import { expect, it } from "vitest";
import { viewsOf } from "../../../agent-image/agent/kernels/kernel-fate.ts";
import { parseStatus } from "../../../controller/agents/parse-status.ts";
import { KERNEL_EXIT_REASONS, type KernelView } from "../../../controller/model/kernels.ts";
import { healthyStatus } from "../../support/agents/fake-agent.ts";
import { aMember, aRecord, aSpec, aStatus } from "../agent/kernels/kernel-fixtures.ts";

const line = (kernels: unknown) => JSON.stringify({ ...healthyStatus(), kernels });
const desired = { generation: 1, slots: [{ slot: 1, ip: "10.0.0.1" }] };
const data = { members: [aMember(1)], desired, hosts: null, hostsKey: "held" as const };
const told = (path: string): KernelView[] => {
  const session = { sessionId: "s", path, name: "", type: "notebook", kernelId: "a" };
  const kernels = new Map([["a", aRecord("a", 1)]]);
  const records = { kernels, sessions: [session], leftBehind: [] };
  return viewsOf(records, { ...data, hostsRevision: "1" });
};

it("passes as it was said: kernels, none, and that nothing is told", () => {
  for (const kernels of [told("a.ipynb"), [], null, undefined]) {
    const parsed = parseStatus(line(kernels));
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.status.kernels).toEqual(kernels);
  }
});

it("passes with every end that there is", () => {
  const spec = aSpec("a", 1);
  for (const reason of KERNEL_EXIT_REASONS) {
    const why = { reason, message: "It ended.", code: 1, signal: null };
    const exit = { incarnation: 1, at: 8, ...why };
    const status = aStatus(spec, { exit, lastExit: exit, state: "dead" });
    const records = { kernels: new Map([["a", { spec, revision: "1", status }]]) };
    const kernels = viewsOf(
      { ...records, sessions: [], leftBehind: [] },
      { ...data, hostsRevision: "1" },
    );
    expect(parseStatus(line(kernels))).toMatchObject({ ok: true });
  }
});

it.each([
  ["a state that there is not", { state: "tired" }],
  ["a moment that is no date", { since: 9e15 }],
  ["no slot", { slot: undefined }],
  ["an id that a terminal obeys", { id: "\u001b[2J" }],
])("is refused with %s", (_, change) => {
  const [kernel] = told("a.ipynb");
  expect(parseStatus(line([{ ...kernel, ...change }]))).toMatchObject({ ok: false });
});

it("is never longer than the controller reads, however long a user names a notebook", () => {
  const [kernel] = told("a".repeat(30_000));
  expect(kernel?.notebook).toMatch(/^a{255}…$/);
  expect(JSON.stringify(Array(500).fill(kernel)).length).toBeLessThan(2 ** 19);
});
