/** Our proxy and its peers, each as one process on loopback before the same backend. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { installDebianPackages } from "../../support/debian-packages.ts";
import { freePort } from "../../support/free-port.ts";
import { Child } from "./child.ts";

const run = promisify(execFile);
/** JupyterHub's own; the version with the engine that is maintained now. */
const CHP = "configurable-http-proxy@5.3.0";
const NPM_MS_MAX = 3 * 60_000;
const DEBIAN = { wrk: "/usr/bin/wrk", nginx: "/usr/sbin/nginx", haproxy: "/usr/sbin/haproxy" };

export const OURS = "ours";
export const PEERS = ["configurable-http-proxy", "nginx", "haproxy"] as const;
export type ProxyName = typeof OURS | (typeof PEERS)[number];
export const PROXIES: readonly ProxyName[] = [OURS, ...PEERS];

export interface RunningProxy {
  readonly name: ProxyName;
  readonly port: number;
  readonly child: Child;
}

/** Where they are installed and configured, until it is removed. */
export class ProxyHouse {
  private constructor(
    private readonly dir: string,
    private readonly backendPort: number,
    private readonly backend: Child,
  ) {}

  static async open(): Promise<ProxyHouse> {
    const missing = Object.entries(DEBIAN).filter(([, path]) => !existsSync(path));
    if (missing.length > 0) {
      const packages = missing.map(([name]) => name);
      await installDebianPackages("What the proxy is measured with and beside", packages);
    }
    const dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-bench-proxies-"));
    try {
      const install = ["install", "--prefix", dir, "--no-audit", "--no-fund", CHP];
      await run("npm", install, { timeout: NPM_MS_MAX });
      const port = await freePort();
      const command = [process.execPath, script("backend"), String(port)];
      return new ProxyHouse(dir, port, await Child.start("the backend", command, port));
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.backend.end();
    await rm(this.dir, { recursive: true, force: true });
  }

  async start(name: ProxyName): Promise<RunningProxy> {
    const port = await freePort();
    const command = await this.command(name, port);
    return { name, port, child: await Child.start(name, command, port) };
  }

  private async command(name: ProxyName, port: number): Promise<readonly string[]> {
    const target = this.backendPort;
    switch (name) {
      case "ours":
        return [process.execPath, script("our-proxy"), String(port), String(target)];
      case "configurable-http-proxy": {
        const bin = join(this.dir, "node_modules/.bin/configurable-http-proxy");
        return [
          ...[process.execPath, bin, "--log-level", "error"],
          ...["--ip", "127.0.0.1", "--port", String(port)],
          ...["--api-ip", "127.0.0.1", "--api-port", String(await freePort())],
          ...["--default-target", `http://127.0.0.1:${target}`],
        ];
      }
      case "nginx":
        return [DEBIAN.nginx, "-c", await this.configured(name, nginx(this.dir, port, target))];
      case "haproxy":
        return [DEBIAN.haproxy, "-db", "-f", await this.configured(name, haproxy(port, target))];
    }
  }

  private async configured(name: string, text: string): Promise<string> {
    const path = join(this.dir, `${name}.conf`);
    await mkdir(join(this.dir, "nginx"), { recursive: true });
    await writeFile(path, text);
    return path;
  }
}

/** A compiled file beside this one. */
function script(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, import.meta.url));
}

/** One process; connections to the backend are kept, WebSockets pass, nothing is put on a disk. */
function nginx(dir: string, port: number, target: number): string {
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
master_process off;
pid ${dir}/nginx/pid;
error_log stderr crit;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off;
  ${places.map((place) => `${place}_temp_path ${dir}/nginx/${place};`).join(" ")}
  keepalive_requests 100000000;
  map $http_upgrade $kept { default upgrade; "" ""; }
  upstream backend { server 127.0.0.1:${target}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $kept;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_max_temp_file_size 0;
      proxy_read_timeout 600s;
    }
  }
}
`;
}

function haproxy(port: number, target: number): string {
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 1s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
frontend clients
  bind 127.0.0.1:${port}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  default_backend jupyter
backend jupyter
  server backend 127.0.0.1:${target}
`;
}
