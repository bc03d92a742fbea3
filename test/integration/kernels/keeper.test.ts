/** Parts of the keeper and of the server extension alone, in the Python of the agent image. */
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

it.each([
  ["keeper's memory keeps its bounds, and what it says is what was said", "memory_test.py"],
  ["keeper's kernel listens where no connection goes out from", "ports_test.py"],
  [
    "server takes up kernels as soon as it is elected, late, and not from under their start",
    "adoption_test.py",
  ],
])("the %s", async (_, file) => {
  const tests = readFileSync(new URL(`../../support/kernels/${file}`, import.meta.url), "utf8");
  const said = await servers.run(`python3 - <<'END'\n${tests}\nEND`);
  expect(said).toMatch(/Ran \d+ tests in .*\s+OK$/);
});
