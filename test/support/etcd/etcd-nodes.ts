/** A real etcd cluster for tests: one container a member, each with a fixed address. */
import type Docker from "dockerode";
import { clientUrl, peerUrl } from "../../../controller/model/ids.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../docker-remains.ts";
import { PLAIN } from "./transport.ts";

export interface EtcdNode {
  readonly name: string;
  readonly ip: string;
  readonly url: string;
  readonly peerUrl: string;
  readonly container: Docker.Container;
}

export interface EtcdNodesOptions {
  readonly docker: Docker;
  /** Also the value of the test label, by which everything is removed. */
  readonly run: string;
  /** CIDR with /24. */
  readonly subnet: string;
  readonly image: string;
}

export class EtcdNodes {
  constructor(private readonly options: EtcdNodesOptions) {}

  async createNetwork(): Promise<void> {
    const { docker, run, subnet } = this.options;
    await docker.createNetwork({
      Name: run,
      Driver: "bridge",
      IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
      Labels: { [TEST_LABEL]: run },
    });
  }

  /** Members named `slot-<i>` at address .10+i, started together. */
  async bootstrap(indexes: readonly number[]): Promise<EtcdNode[]> {
    const nodes = await Promise.all(indexes.map((index) => this.create(index, indexes, "new")));
    await Promise.all(nodes.map((node) => node.container.start()));
    return nodes;
  }

  /** A member that was added to the cluster of `members` (which lists it too). */
  async join(index: number, members: readonly number[]): Promise<EtcdNode> {
    const node = await this.create(index, members, "existing");
    await node.container.start();
    return node;
  }

  addressOf(index: number): string {
    return this.options.subnet.replace(/\.0\/24$/, `.${10 + index}`);
  }

  async removeAll(): Promise<void> {
    const { docker, run } = this.options;
    await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
  }

  private async create(
    index: number,
    members: readonly number[],
    state: "new" | "existing",
  ): Promise<EtcdNode> {
    const { docker, run, image } = this.options;
    const ip = this.addressOf(index);
    const name = `slot-${index}`;
    const initial = members.map((i) => `slot-${i}=${peerUrl(this.addressOf(i), PLAIN)}`).join(",");
    const container = await docker.createContainer({
      name: `${run}-${name}`,
      Image: image,
      Entrypoint: ["etcd"],
      Cmd: [
        `--name=${name}`,
        "--data-dir=/tmp/etcd",
        `--listen-client-urls=http://0.0.0.0:2379`,
        `--advertise-client-urls=${clientUrl(ip, PLAIN)}`,
        `--listen-peer-urls=http://0.0.0.0:2380`,
        `--initial-advertise-peer-urls=${peerUrl(ip, PLAIN)}`,
        `--initial-cluster=${initial}`,
        `--initial-cluster-state=${state}`,
        "--heartbeat-interval=50",
        "--election-timeout=250",
        "--strict-reconfig-check=false",
      ],
      Labels: { [TEST_LABEL]: run },
      HostConfig: { NetworkMode: run },
      NetworkingConfig: { EndpointsConfig: { [run]: { IPAMConfig: { IPv4Address: ip } } } },
    });
    return { name, ip, url: clientUrl(ip, PLAIN), peerUrl: peerUrl(ip, PLAIN), container };
  }
}
