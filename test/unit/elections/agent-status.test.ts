import { expect, test } from "vitest";
import { parseStatus } from "../../../controller/agents/parse-status.ts";
import { healthyStatus } from "../../support/agents/fake-agent.ts";
import { FIVE, QUORUM, SPLIT, THREE, toldBy } from "../plan/elections/captured.ts";

test("what agents tell of their elections passes", () => {
  for (const member of [...THREE, ...SPLIT, ...QUORUM, ...FIVE]) {
    const status = { ...healthyStatus(), elections: toldBy(member) };
    expect(parseStatus(JSON.stringify(status))).toEqual({ ok: true, status });
  }
});
