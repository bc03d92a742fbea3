/** An ensemble of real ZooKeeper servers, each a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostPort } from "../../../controller/support/host-port.ts";
import { freePort } from "../free-port.ts";
import { JAVA, ZOOKEEPER_JAR } from "./ensure-zookeeper.ts";

/** Ms. A session's time-out is at most twenty of them. */
const TICK_MS = 500;

export interface ServerProcess {
  /** Does nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  readonly exited: Promise<unknown>;
}

/** Where a server is, and how one starts a program there. */
export interface ServerPlace {
  readonly client: HostPort;
  readonly peerPort: number;
  readonly electionPort: number;
  /** @param output file that gets what it prints, at its end */
  spawn(command: readonly string[], output: string): Promise<ServerProcess>;
}

class EnsembleServer {
  isSuspended = false;
  private process: ServerProcess | null = null;

  constructor(
    private readonly place: ServerPlace,
    private readonly directory: string,
    private readonly config: string,
    private readonly id: number,
  ) {}

  get address(): HostPort {
    return this.place.client;
  }

  async start(): Promise<void> {
    const data = join(this.directory, "data");
    await mkdir(data, { recursive: true });
    await writeFile(join(data, "myid"), `${this.id}\n`);
    const configFile = join(this.directory, "zoo.cfg");
    await writeFile(configFile, `${this.config}dataDir=${data}\n`);
    const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    const small = ["-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
    const command = [JAVA, ...small, "-cp", ZOOKEEPER_JAR, main, configFile];
    this.process = await this.place.spawn(command, join(this.directory, "output"));
  }

  /** As a machine that is out of memory or I/O: connections stay, nothing is answered. */
  suspend(): void {
    this.isSuspended = true;
    this.process?.signal("SIGSTOP");
  }

  resume(): void {
    this.isSuspended = false;
    this.process?.signal("SIGCONT");
  }

  async kill(): Promise<void> {
    this.process?.signal("SIGKILL");
    await this.process?.exited;
  }

  wipe(): Promise<void> {
    return rm(join(this.directory, "data"), { recursive: true });
  }
}

export class ZooKeeperEnsemble {
  private constructor(readonly servers: readonly EnsembleServer[]) {}

  /** On ports of loopback. */
  static async start(directory: string, count = 3): Promise<ZooKeeperEnsemble> {
    const ensemble = ZooKeeperEnsemble.at(directory, await loopbackPlaces(count));
    await ensemble.startAll();
    return ensemble;
  }

  /** Not started yet. */
  static at(directory: string, places: readonly ServerPlace[]): ZooKeeperEnsemble {
    const peers = places.map(
      ({ client, peerPort, electionPort }, i) =>
        `server.${i + 1}=${client.host}:${peerPort}:${electionPort}\n`,
    );
    const servers = places.map((place, i) => {
      const { host, port } = place.client;
      const config =
        `tickTime=${TICK_MS}\ninitLimit=20\nsyncLimit=8\nadmin.enableServer=false\n` +
        `clientPort=${port}\nclientPortAddress=${host}\n${peers.join("")}`;
      return new EnsembleServer(place, join(directory, `server-${i + 1}`), config, i + 1);
    });
    return new ZooKeeperEnsemble(servers);
  }

  async startAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.start()));
  }

  async kill(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }

  /** Nothing is left of what it knew. */
  async wipe(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.wipe()));
  }
}

async function loopbackPlaces(count: number): Promise<ServerPlace[]> {
  const ports = await Promise.all(Array.from({ length: 3 * count }, freePort));
  return Array.from({ length: count }, (_, i): ServerPlace => {
    const [port = 0, peerPort = 0, electionPort = 0] = ports.slice(3 * i, 3 * i + 3);
    return { client: { host: "127.0.0.1", port }, peerPort, electionPort, spawn: spawnHere };
  });
}

async function spawnHere(command: readonly string[], output: string): Promise<ServerProcess> {
  const [file = "", ...args] = command;
  const log = openSync(output, "a");
  const child = spawn(file, args, { stdio: ["ignore", log, log] });
  closeSync(log);
  return { signal: (signal) => void child.kill(signal), exited: once(child, "exit") };
}
