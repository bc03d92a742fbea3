/** What a change of a cluster's spec would do, told before anybody makes it. */
import { API_VERSION } from "../model/resource.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendJson } from "./exchange.ts";
import type { ManagedSpecs } from "./kubernetes/write/managed-specs.ts";
import { manifestFrom } from "./kubernetes/write/manifest.ts";
import { mergePatch } from "./kubernetes/write/merge-patch.ts";
import type { ApiOperations } from "./operations.ts";
import { readJsonObject } from "./requests.ts";

export class PreviewRoutes {
  constructor(
    private readonly operations: Pick<ApiOperations, "preview">,
    private readonly clusters: ClusterRoutes,
    private readonly specs: Pick<ManagedSpecs, "foreignFile">,
  ) {}

  /** The body is a JSON merge patch (RFC 7386) of the object. */
  readonly ask = async (exchange: ApiExchange): Promise<void> => {
    const patch = await readJsonObject(exchange.request);
    const object = this.clusters.find(exchange);
    const { namespace, name } = object.metadata;
    const wanted = manifestFrom(mergePatch(object, patch), { namespace, name });
    const preview = await this.operations.preview(object, wanted);
    const file = this.specs.foreignFile({ namespace, name });
    sendJson(exchange, { kind: "Preview", apiVersion: API_VERSION, ...preview, file });
  };
}
