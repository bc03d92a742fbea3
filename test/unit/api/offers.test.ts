import { afterEach, describe, expect, test } from "vitest";
import type { ApiServer } from "../../../controller/api/server.ts";
import { offerRecord } from "../cli/cluster-fixture.ts";
import { ask, json, LAB, NO_OPERATIONS, noCluster, startApi } from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

async function started() {
  const offers = [
    offerRecord("o1", [
      { cluster: "default/lab", reason: "TooSmall", message: "offers 0 of 1 cpus" },
      { cluster: "default/other", reason: "Used", message: "a node was launched on it" },
    ]),
  ];
  const operations = { ...NO_OPERATIONS, offers: () => offers };
  const { api, publish } = await startApi({ operations });
  open.push(api);
  publish();
  return { get: async (path: string) => json(await ask(api.url, path)), offers };
}

describe("the offers", () => {
  test("all of them have the decisions of all clusters", async () => {
    const { get, offers } = await started();
    expect(await get("/offers")).toMatchObject({ kind: "OfferList", items: offers });
  });

  test("those of a cluster have its own alone", async () => {
    const { get } = await started();
    expect(await get(`${LAB}/offers`)).toMatchObject({
      items: [{ id: "o1", decisions: [{ cluster: "default/lab", reason: "TooSmall" }] }],
    });
  });

  test("a cluster that is not there has none", async () => {
    const { get } = await started();
    expect(await get(LAB.replace("lab", "nope").concat("/offers"))).toEqual(noCluster("nope"));
  });
});
