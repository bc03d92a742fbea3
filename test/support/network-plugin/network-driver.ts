/**
 * The network driver, with Calico's name and its way of moving packets: no bridge, each container on a link
 * of its own, its address a route on its host, and a route to that host on all others. A route says where
 * an address was announced, and nothing of whether anybody is there.
 */
import type { AddressStore } from "./address-store.ts";
import {
  addLink,
  GATEWAY,
  hostEnd,
  letThrough,
  letThroughNoMore,
  removeLink,
  removeRoute,
  routeTo,
} from "./links.ts";
import type { Methods } from "./plugin-server.ts";

interface EndpointRequest {
  readonly EndpointID: string;
  readonly Interface?: { readonly Address?: string } | null;
}

interface NetworkRequest {
  readonly NetworkID: string;
  readonly Options?: Readonly<Record<string, unknown>> | null;
}

const FOLLOW_MS = 100;

export class CalicoLikeDriver {
  /** What `docker network create --opt` gave, by the network's id. */
  readonly options = new Map<string, unknown>();
  /** Addresses of this host's endpoints. */
  private readonly endpoints = new Map<string, string>();
  /** Routes to other hosts that were set here. */
  private readonly far = new Map<string, string>();
  private timer: NodeJS.Timeout | null = null;
  private following: Promise<void> = Promise.resolve();

  /** @param hostAddress under which the other hosts reach this one; null: there are no others */
  constructor(
    private readonly store: AddressStore,
    private readonly hostAddress: string | null,
  ) {}

  async start(): Promise<void> {
    await letThrough();
    if (this.hostAddress === null) return;
    this.timer = setInterval(() => {
      this.following = this.following.then(() => this.follow());
    }, FOLLOW_MS);
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.following;
    for (const address of this.far.keys()) await removeRoute(address);
    await letThroughNoMore();
  }

  get methods(): Methods {
    return {
      GetCapabilities: () => ({ Scope: "local", ConnectivityScope: "global" }),
      CreateNetwork: ({ NetworkID, Options }: NetworkRequest) => {
        this.options.set(NetworkID, Options?.["com.docker.network.generic"] ?? {});
        return {};
      },
      DeleteNetwork: ({ NetworkID }: NetworkRequest) => {
        this.options.delete(NetworkID);
        return {};
      },
      CreateEndpoint: ({ EndpointID, Interface }: EndpointRequest) => {
        const [address] = (Interface?.Address ?? "").split("/");
        if (!address) return "an address is wanted";
        this.endpoints.set(EndpointID, address);
        return { Interface: {} };
      },
      EndpointOperInfo: () => ({ Value: {} }),
      Join: (request: EndpointRequest) => this.join(request),
      DeleteEndpoint: (request: EndpointRequest) => this.deleteEndpoint(request),
    };
  }

  private async join({ EndpointID }: EndpointRequest) {
    const address = this.endpoints.get(EndpointID);
    if (address === undefined) return "no such endpoint";
    const far = await addLink(EndpointID);
    await routeTo(address, "dev", hostEnd(EndpointID), "scope", "link");
    if (this.hostAddress !== null) await this.store.announce(address, this.hostAddress);
    return {
      InterfaceName: { SrcName: far, DstPrefix: "cali" },
      Gateway: GATEWAY,
      // RouteType 1: on the link itself.
      StaticRoutes: [{ Destination: `${GATEWAY}/32`, RouteType: 1 }],
      DisableGatewayService: true,
    };
  }

  private async deleteEndpoint({ EndpointID }: EndpointRequest) {
    const address = this.endpoints.get(EndpointID);
    await removeLink(EndpointID);
    if (address !== undefined) await this.store.withdraw(address);
    this.endpoints.delete(EndpointID);
    return {};
  }

  /** What the other hosts have announced, as BIRD would bring it here. */
  private async follow(): Promise<void> {
    const own = new Set(this.endpoints.values());
    const routes = await this.store.routes();
    for (const [address, host] of routes) {
      if (own.has(address) || host === this.hostAddress || this.far.get(address) === host) continue;
      await routeTo(address, "via", host);
      this.far.set(address, host);
    }
    for (const address of [...this.far.keys()]) {
      if (routes.has(address) && !own.has(address)) continue;
      // One that has moved here has a route of its own.
      if (!own.has(address)) await removeRoute(address);
      this.far.delete(address);
    }
  }
}
