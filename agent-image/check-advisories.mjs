#!/usr/bin/env node
/**
 * `npm run advisories -- [--image REFERENCE] [--database URL]`: asks a database of advisories about
 * every package of the agent image and tells those that docs/security-advisories.md does not name.
 * It needs a network and Docker; nothing else of this project runs it.
 *
 * The database speaks the API of OSV (`POST /v1/querybatch`, `GET /v1/vulns/ID`).
 * Exit code: 0 all known, 1 something new, 2 it could not be asked.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs, promisify } from "node:util";

const KNOWN = new URL("../docs/security-advisories.md", import.meta.url);
const REPOSITORY = "jupyter-cluster/agent";
/** Of one query; the database allows 1,000. */
const BATCH = 500;
const REQUEST_MS_MAX = 60_000;

/** Source packages whose upstream's own advisories count too: name in Debian -> package upstream. */
const UPSTREAM = {
  etcd: { ecosystem: "Go", name: "go.etcd.io/etcd/server/v3" },
  jupyterlab: { ecosystem: "PyPI", name: "jupyterlab" },
  "jupyter-server": { ecosystem: "PyPI", name: "jupyter-server" },
  "jupyter-client": { ecosystem: "PyPI", name: "jupyter-client" },
  ipykernel: { ecosystem: "PyPI", name: "ipykernel" },
  nbconvert: { ecosystem: "PyPI", name: "nbconvert" },
  "python-tornado": { ecosystem: "PyPI", name: "tornado" },
};

const run = promisify(execFile);

async function main() {
  const { values } = parseArgs({
    options: {
      image: { type: "string" },
      database: { type: "string", default: "https://api.osv.dev" },
    },
  });
  const image = values.image ?? (await newestImage());
  const components = await componentsOf(image);
  const told = await ask(values.database, components);
  const known = await readFile(KNOWN, "utf8");
  const fresh = [];
  for (const { component, id } of told) {
    const advisory = await details(values.database, id);
    const names = [id, ...(advisory.aliases ?? []), ...(advisory.upstream ?? [])];
    if (!names.some((name) => known.includes(name))) fresh.push({ component, names, advisory });
  }
  process.stdout.write(`${components.length} packages of ${image}, ${told.length} advisories\n`);
  for (const { component, names, advisory } of fresh) {
    const { name, version } = component;
    process.stdout.write(`${name} ${version}: ${names.join(", ")}: ${advisory.summary ?? ""}\n`);
  }
  process.exitCode = fresh.length > 0 ? 1 : 0;
}

async function newestImage() {
  const { stdout } = await run("docker", ["images", "--format", "{{.ID}}", REPOSITORY]);
  const [id] = stdout.split("\n");
  if (!id) throw new Error(`there is no image ${REPOSITORY}: run \`npm start\` once, or --image`);
  return id;
}

/** Debian's source packages, and upstream's names of those that matter most. */
async function componentsOf(image) {
  const format = "${source:Package} ${source:Version} ${source:Upstream-Version}\n";
  const list = `. /etc/os-release; echo "$VERSION_ID"; dpkg-query -W -f '${format}'; jupyter-lab --version`;
  const { stdout } = await run("docker", ["run", "--rm", "--entrypoint", "sh", image, "-c", list]);
  const [release, ...lines] = stdout.trim().split("\n");
  const lab = lines.pop();
  const components = new Map();
  const add = (ecosystem, name, version) =>
    components.set(`${ecosystem} ${name}`, { ecosystem, name, version });
  for (const [name, version, upstream] of lines.map((line) => line.split(" "))) {
    add(`Debian:${release}`, name, version);
    const other = UPSTREAM[name];
    if (other) add(other.ecosystem, other.name, upstream.replace(/\+.*$/, ""));
  }
  // Unpacked beside dpkg, see the Dockerfile.
  add(UPSTREAM.jupyterlab.ecosystem, UPSTREAM.jupyterlab.name, lab);
  return [...components.values()];
}

async function ask(database, components) {
  const told = [];
  for (let at = 0; at < components.length; at += BATCH) {
    const some = components.slice(at, at + BATCH);
    const queries = some.map(({ ecosystem, name, version }) => ({
      package: { ecosystem, name },
      version,
    }));
    const { results } = await fetchJson(`${database}/v1/querybatch`, {
      method: "POST",
      body: JSON.stringify({ queries }),
    });
    results.forEach(({ vulns = [] }, index) => {
      for (const { id } of vulns) told.push({ component: some[index], id });
    });
  }
  return told;
}

function details(database, id) {
  return fetchJson(`${database}/v1/vulns/${encodeURIComponent(id)}`);
}

async function fetchJson(url, options = {}) {
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  const response = await fetch(url, { ...options, signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

main().catch((error) => {
  process.stderr.write(`advisories: ${error.message}: ${error.cause?.message ?? ""}\n`);
  process.exitCode = 2;
});
