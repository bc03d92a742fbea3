/** Who acts and who stands by, as each controller tells it. */
import { expect, it } from "vitest";
import { controllersOf, whoActs } from "../../../controller/roles/controllers.ts";
import type { SiteView } from "../../../controller/store/state-backend.ts";
import { controllerOn } from "../../support/store/fixtures.ts";

const [a, b, c] = [controllerOn("a"), controllerOn("b"), controllerOn("c")];
const since = "2026-01-02T03:04:05Z";
const bActs = { ...b, term: 4, since };

const CASES: Record<string, [Parameters<typeof controllersOf>, string]> = {
  "the one that acts names itself first": [[a, { term: 3, since }, null, [b, c]], "A* b c"],
  "one that stands by names the other first": [[a, null, bActs, [a, c]], "B a* c"],
  "one that is in nobody's list is there all the same": [[a, null, null, []], "a*"],
  "one that acts is no standby, whatever the store tells still": [
    [a, { term: 5, since }, bActs, [a, c]],
    "A* c",
  ],
  "one that acted until now waits for the other": [[a, null, { ...a, term: 3, since }, []], "a*"],
};

for (const [what, [args, wanted]] of Object.entries(CASES)) {
  it(what, () => {
    const told = controllersOf(...args).map(({ hostname, role, self }) => {
      return `${role === "acting" ? hostname.toUpperCase() : hostname}${self ? "*" : ""}`;
    });
    expect(told.join(" ")).toBe(wanted);
  });
}

it("tells where the acting controller is asked", () => {
  const view = { acting: bActs } as unknown as SiteView;
  expect(whoActs(view)).toContain(`--api ${b.apiUrl}`);
  expect(whoActs(null)).toBe("No controller acts at present.");
});
