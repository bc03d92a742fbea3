/** The pure parts of the keeper, in the Python of the agent image. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Servers } from "../../support/kernels/servers.ts";

let servers: Servers;

beforeAll(async () => {
  servers = await Servers.start([]);
});

afterAll(async () => {
  await servers.remove();
});

it("the keeper's memory keeps its bounds, and what it says is what was said", async () => {
  const tests = readFileSync(
    new URL("../../support/kernels/memory_test.py", import.meta.url),
    "utf8",
  );
  const said = await servers.run(`python3 - <<'END'\n${tests}\nEND`);
  expect(said).toMatch(/Ran \d+ tests in .*\s+OK$/);
});
