import { createColors } from "picocolors";
import { expect, it } from "vitest";
import { closingBlock } from "../../../controller/cli/render/closing-block.ts";
import { clusterObject } from "./cluster-fixture.ts";

it("tells where to go, how to try it and how to stop, with what another terminal needs", async () => {
  const text = closingBlock({
    clusters: [
      {
        object: clusterObject({ name: "team", namespace: "research" }),
        url: "http://127.0.0.1:8888/lab?token=t",
      },
    ],
    apiUrl: "http://127.0.0.1:9001",
    pageUrl: "http://127.0.0.1:9001/ui/#login=abc",
    specFile: "team.yaml",
    logFile: "/state/controller.log",
    environment: ["JUPYTER_CLUSTER_API=http://127.0.0.1:9001"],
    colors: createColors(false),
  });
  await expect(text).toMatchFileSnapshot("golden/closing-block.txt");
});
