/**
 * What is run on an agent's host, as `/bin/sh -c` gets it there: Docker's own client, as the agent itself
 * uses it. Whatever goes wrong is on stderr. Each may be run any number of times.
 */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { HELD_BY_DOCKER_ITSELF, HELD_BY_SWARM } from "../../model/host-task.ts";

type Network = ClusterSpec["network"];

/** For people, and for a host's shell. */
export function createCommand(network: Network, labels: Readonly<Record<string, string>>): string {
  const { name, driver, ipamDriver, subnet, options } = network;
  const words = ["docker", "network", "create", "--driver", driver];
  if (ipamDriver !== "default") words.push("--ipam-driver", ipamDriver);
  words.push("--subnet", subnet);
  // Without it an overlay network is for Swarm's own services alone.
  if (driver === "overlay") words.push("--attachable");
  for (const [key, value] of Object.entries(options)) words.push("--opt", `${key}=${value}`);
  for (const [key, value] of Object.entries(labels)) words.push("--label", `${key}=${value}`);
  return [...words, name].map(quoted).join(" ");
}

/** A network of the name that is there is left as it is, whatever it is: a launch tells whether it fits. */
export function createNetworkScript(
  network: Network,
  labels: Readonly<Record<string, string>>,
): string {
  const isThere = `docker network inspect ${quoted(network.name)} >/dev/null 2>&1`;
  // Made by another meanwhile, it is there all the same.
  return `${isThere} || ${createCommand(network, labels)} >/dev/null || ${isThere}`;
}

/** Of one endpoint a line: the container's id, `ep-` and its own, or `lb-…`; its container's name; its address. */
const ENDPOINTS = `{{.Scope}}{{range $id, $e := .Containers}}
{{$id}} {{$e.Name}} {{$e.IPv4Address}}{{end}}`;
const WHOSE = `{{slice .Name 1}} {{.Config.Image}} {{.State.Status}}`;

/**
 * Whoever holds the address by right is named and left alone. An endpoint is removed when its container is
 * not there any more; one of a network that several hosts share only if it was of this very host.
 */
export function releaseAddressScript({ name, driver, ipamDriver }: Network, ip: string): string {
  return `network=${quoted(name)} ip=${quoted(ip)} driver=${quoted(driver)}
fail() { echo "$*" >&2; exit 1; }
known=$(docker network inspect --format ${quoted(ENDPOINTS)} "$network" 2>&1) || case $driver/$known in
  # A host that runs nothing on a network of Swarm's knows nothing of it.
  overlay/*"No such network"* | overlay/*"not found"*) known=swarm ;;
  *) fail "$known" ;;
esac
scope=$(printf '%s\\n' "$known" | head -n 1)
set -- $(printf '%s\\n' "$known" | grep -F " $ip/" | head -n 1)
nobody="no container of this host and no endpoint that its Docker knows of has $ip"
if [ $# -ne 3 ] && [ "$scope" = swarm ]; then
  down=$(docker node ls --format '{{.Hostname}} {{.Status}}' 2>/dev/null | sed -n 's/ Down$//p' | tr '\\n' ' ')
  fail "$nobody: ${HELD_BY_SWARM}; down now: \${down:-as docker node ls says}"
fi
[ $# -eq 3 ] || fail "$nobody: it is in the store of the address management driver ${ipamDriver}"
# A container that is about to start may have an endpoint that does not say so yet.
case $1 in
  ep-*) container=$2 ;;
  *[!0-9a-f]*) fail "the endpoint $2 has $ip: ${HELD_BY_DOCKER_ITSELF}" ;;
  *) container=$1 ;;
esac
whose=$(docker inspect --type container --format ${quoted(WHOSE)} "$container" 2>&1) && fail "container $whose has $ip"
case $whose in *"No such container"*) ;; *) fail "$whose" ;; esac
case $scope/$1 in
  local/*) ;;
  */ep-*) fail "the endpoint $2 has $ip, which may be another host's; when no host runs such a container: docker network disconnect --force $network $2" ;;
esac
docker network disconnect --force "$network" "$2"`;
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
