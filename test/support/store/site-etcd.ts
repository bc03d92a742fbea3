/**
 * A real etcd of a site: one to three servers of the agent image's etcd on loopback, each in a
 * container of its own that can be killed, stopped and started again on its data.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { Etcd3 } from "etcd3";
import type { HostPort } from "../../../controller/support/host-port.ts";
import type { TlsKeys } from "../../../controller/model/tls-identity.ts";
import { TEST_LABEL } from "../docker-remains.ts";
import { freePort } from "../free-port.ts";
import { until } from "../poll.ts";

export interface SiteEtcdOptions {
  readonly docker: Docker;
  readonly image: string;
  /** Value of the test label, by which all is removed. */
  readonly run: string;
  readonly count?: 1 | 3;
  /** Of the servers; clients need a certificate of its authority. */
  readonly tls?: TlsKeys;
  readonly flags?: readonly string[];
}

export class SiteEtcdServer {
  constructor(
    readonly address: HostPort,
    private readonly container: Docker.Container,
  ) {}

  async start(): Promise<void> {
    await this.container.start();
  }

  /** As a crash: nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.container.kill({ signal: "SIGKILL" });
    await this.container.wait();
  }

  /** As a machine that hangs: connections stay, nothing is answered. */
  async suspend(): Promise<void> {
    await this.container.kill({ signal: "SIGSTOP" });
  }

  async resume(): Promise<void> {
    await this.container.kill({ signal: "SIGCONT" });
  }
}

export class SiteEtcd {
  private constructor(
    readonly servers: readonly SiteEtcdServer[],
    /** For what a person would do by hand. */
    readonly hand: Etcd3,
    private readonly directory: string,
  ) {}

  static async start(options: SiteEtcdOptions): Promise<SiteEtcd> {
    const { count = 1, tls } = options;
    const directory = await mkdtemp(join(tmpdir(), "site-etcd-"));
    if (tls !== undefined) await writeKeys(directory, tls);
    const ports = await Promise.all(Array.from({ length: 2 * count }, freePort));
    const places = Array.from({ length: count }, (_, i) => ({
      name: `s${i}`,
      client: ports[2 * i] ?? 0,
      peer: ports[2 * i + 1] ?? 0,
    }));
    const cluster = places.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(",");
    const servers = await Promise.all(
      places.map(async (place) => {
        const container = await createServer(options, directory, { ...place, cluster });
        return new SiteEtcdServer({ host: "127.0.0.1", port: place.client }, container);
      }),
    );
    await Promise.all(servers.map((server) => server.start()));
    const hand = clientOf(servers, tls);
    const etcd = new SiteEtcd(servers, hand, directory);
    await until("etcd answers", () => hand.get("x").then(() => true));
    return etcd;
  }

  get addresses(): readonly HostPort[] {
    return this.servers.map(({ address }) => address);
  }

  get one(): SiteEtcdServer {
    return this.servers[0] as SiteEtcdServer;
  }

  /** History up to now is forgotten. */
  async compact(): Promise<void> {
    const { header } = await this.hand.kv.range({ key: Buffer.from("x") });
    await this.hand.kv.compact({ revision: header.revision, physical: true });
  }

  /** The containers go with their label. */
  async close(): Promise<void> {
    this.hand.close();
    await rm(this.directory, { recursive: true });
  }
}

async function createServer(
  { docker, image, run, tls, flags = [] }: SiteEtcdOptions,
  directory: string,
  place: { name: string; client: number; peer: number; cluster: string },
): Promise<Docker.Container> {
  const scheme = tls === undefined ? "http" : "https";
  const client = `${scheme}://127.0.0.1:${place.client}`;
  const peer = `http://127.0.0.1:${place.peer}`;
  const keys = ["--cert-file=/tls/server.pem", "--key-file=/tls/server.key"];
  const trust = ["--trusted-ca-file=/tls/authority.pem", "--client-cert-auth"];
  return docker.createContainer({
    name: `${run}-site-etcd-${randomBytes(4).toString("hex")}`,
    Image: image,
    Entrypoint: ["etcd"],
    Cmd: [
      `--name=${place.name}`,
      "--data-dir=/tmp/etcd",
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${place.cluster}`,
      ...["--heartbeat-interval=50", "--election-timeout=250"],
      ...(tls === undefined ? [] : [...keys, ...trust]),
      ...flags,
    ],
    Labels: { [TEST_LABEL]: run },
    HostConfig: { NetworkMode: "host", Binds: [`${join(directory, "tls")}:/tls:ro`] },
  });
}

async function writeKeys(directory: string, { authority, certificate, key }: TlsKeys) {
  const place = join(directory, "tls");
  await mkdir(place);
  await writeFile(join(place, "authority.pem"), authority);
  await writeFile(join(place, "server.pem"), certificate);
  await writeFile(join(place, "server.key"), key);
}

function clientOf(servers: readonly SiteEtcdServer[], tls: TlsKeys | undefined): Etcd3 {
  const scheme = tls === undefined ? "http" : "https";
  const hosts = servers.map(({ address: { host, port } }) => `${scheme}://${host}:${port}`);
  if (tls === undefined) return new Etcd3({ hosts });
  const rootCertificate = Buffer.from(tls.authority);
  const own = { certChain: Buffer.from(tls.certificate), privateKey: Buffer.from(tls.key) };
  return new Etcd3({ hosts, credentials: { rootCertificate, ...own } });
}
