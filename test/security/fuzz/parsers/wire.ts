/** Parsers of what comes over connections: from Mesos, agents, Docker, schedulers, Jupyter. */
import fc from "fast-check";
import { takeCommand } from "../../../../agent-image/agent/api/take-start-command.ts";
import { parseStatus } from "../../../../controller/agents/parse-status.ts";
import { parseEvent as parseDockerEvent } from "../../../../controller/docker/container-watch.ts";
import { OutputFrames } from "../../../../controller/docker/output-frames.ts";
import { redirectTarget } from "../../../../controller/mesos/http/master-address.ts";
import { parseEvent } from "../../../../controller/mesos/http/parse-event.ts";
import { RecordDecoder } from "../../../../controller/mesos/http/recordio.ts";
import { MaintenanceSchedule } from "../../../../controller/mesos/offers/maintenance-schedule.ts";
import { OfferCache } from "../../../../controller/mesos/offers/offer-cache.ts";
import { drawFrom } from "../../../../controller/mesos/offers/usable-resources.ts";
import { parseCall } from "../../../../controller/mesos-local/http/parse-call.ts";
import { OperationError } from "../../../../controller/model/errors.ts";
import { violation } from "../../../../controller/plan/launch/constraints.ts";
import { FrameError } from "../../../../controller/proxy/frames.ts";
import { ServerFrames } from "../../../../controller/proxy/server-frames.ts";
import { LineSplitter, LineTooLongError } from "../../../../controller/support/line-splitter.ts";
import { JuteReader, ZooKeeperProtocolError } from "../../../../controller/zookeeper/jute.ts";
import { readConnectResponse, readReplyHeader } from "../../../../controller/zookeeper/messages.ts";
import { PACKET_BYTES_MAX, PacketDecoder } from "../../../../controller/zookeeper/packets.ts";
import { healthyStatus } from "../../../support/agents/fake-agent.ts";
import { record } from "../../../support/mesos/scripted-master.ts";
import { editedBytes, inPieces, jsonText, pieceSizes } from "../inputs.ts";
import { CALLS, COMMANDS, DOCKER_EVENTS, EVENTS, ZOOKEEPER_PACKETS } from "./examples.ts";
import { type Parser, parser, refusing, requireSame, requireTrue } from "./parser.ts";

function pushed<T>(pieces: readonly Buffer[], push: (piece: Buffer) => readonly T[]): T[] {
  return pieces.flatMap((piece) => push(piece));
}

const chunked = (bytes: fc.Arbitrary<Buffer>) => fc.tuple(bytes, pieceSizes);
const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

const recordIo = parser(
  "RecordIO",
  chunked(fc.oneof(noise, editedBytes(Buffer.from(EVENTS.map(record).join(""))))),
  ([bytes, sizes]) => {
    const whole = new RecordDecoder(1000);
    const cut = new RecordDecoder(1000);
    const own = refusing(() => whole.push(bytes), OperationError);
    const other = refusing(
      () => pushed(inPieces(bytes, sizes), (p) => cut.push(p)),
      OperationError,
    );
    requireSame("the records, in pieces", other, own);
    for (const text of own ?? []) requireTrue("bounded", Buffer.byteLength(text) <= 3000);
  },
  (size) => () =>
    pushed(
      inPieces(Buffer.from(record({ a: "x".repeat(size) })), [7]),
      pushTo(new RecordDecoder()),
    ),
);

function pushTo<T>(decoder: { push(chunk: Buffer): readonly T[] }) {
  return (piece: Buffer) => decoder.push(piece);
}

const dockerFrames = parser(
  "Docker's output frames",
  chunked(
    fc.oneof(noise, editedBytes(frame(1, "out"), frame(2, "err"), frame(1, "a".repeat(300)))),
  ),
  ([bytes, sizes]) => {
    const texts = (pieces: readonly Buffer[]) => {
      const frames = new OutputFrames();
      const parts = pieces.flatMap((piece) => frames.push(piece));
      return ["stdout", "stderr"].map((target) =>
        Buffer.concat(parts.filter((p) => p.target === target).map((p) => p.bytes)).toString("hex"),
      );
    };
    requireSame("the output, in pieces", texts(inPieces(bytes, sizes)), texts([bytes]));
  },
  (size) => () =>
    pushed(
      inPieces(Buffer.concat(Array(size / 10).fill(frame(1, "ab"))), [3]),
      pushTo(new OutputFrames()),
    ),
);

function frame(stream: number, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const lines = (tooLong: "cut" | "throw") =>
  parser(
    `the line splitter that ${tooLong === "cut" ? "cuts" : "refuses"}`,
    chunked(
      fc
        .string({ unit: "binary", maxLength: 60 })
        .map((text) => Buffer.from(text.replaceAll("a", "\n"))),
    ),
    ([bytes, sizes]) => {
      const all = (pieces: readonly Buffer[]) => {
        const splitter = new LineSplitter({ what: "stream", lengthMax: 10, tooLong });
        return [...pushed(pieces, pushTo(splitter)), ...splitter.end()];
      };
      const whole = refusing(() => all([bytes]), LineTooLongError);
      requireSame(
        "the lines, in pieces",
        refusing(() => all(inPieces(bytes, sizes)), LineTooLongError),
        whole,
      );
      for (const line of whole ?? [])
        requireTrue(`${JSON.stringify(line)} is short`, line.length <= 10);
    },
    (size) => () => {
      const splitter = new LineSplitter({ what: "stream", lengthMax: size, tooLong });
      return pushed(inPieces(Buffer.alloc(size, "x"), [1]), pushTo(splitter));
    },
    30_000,
  );

const mesosEvents = parser("Mesos events", jsonText(...EVENTS), (text) => {
  const parsed = refusing(() => parseEvent(text), OperationError);
  if (parsed?.event == null) return;
  requireSame("the event, again", parseEvent(JSON.stringify(parsed.event)).event, parsed.event);
  if (parsed.event.type === "INVERSE_OFFERS") {
    const schedule = new MaintenanceSchedule();
    schedule.arrived(parsed.event.inverse_offers.inverse_offers);
    for (const { from } of schedule.get().values()) new Date(from).toISOString();
  }
  if (parsed.event.type !== "OFFERS") return;
  const { offers } = parsed.event.offers;
  const cache = new OfferCache("*");
  cache.add(offers, 0);
  JSON.stringify(cache.log.records());
  drawFrom(offers, [[{ name: "cpus", type: "SCALAR", scalar: { value: 1 } }]], "*");
  for (const { hostname, attributes } of cache.offers()) {
    const rule = { field: "rack", operator: "LIKE", value: "r1" } as const;
    violation(rule, { hostname, attributes }, []);
  }
});

const agentStatus = parser("an agent's status", jsonText(healthyStatus()), (text) => {
  const parsed = parseStatus(text);
  if (!parsed.ok) return requireTrue("it says why", parsed.problem.length > 10);
  requireSame("the status, again", parseStatus(JSON.stringify(parsed.status)), parsed);
});

const startCommand = parser("the start command", jsonText(...COMMANDS), (text) => {
  const value = refusing(() => JSON.parse(text) as unknown, SyntaxError);
  const { status } = takeCommand(value, { slot: 0, etcd: TRANSPORT }, () => null);
  requireTrue("taken or refused", status === 202 || status === 400);
});
const TRANSPORT = { tls: false, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 };

const schedulerCalls = parser("calls of a scheduler", jsonText(...CALLS), (text) => {
  const parsed = parseCall(text);
  if (!parsed.ok) return requireTrue("it says why", parsed.message.length > 10);
  requireTrue("the call, again", parseCall(JSON.stringify(parsed.call)).ok);
});

const dockerEvents = parser("Docker's events", jsonText(...DOCKER_EVENTS), (text) => {
  refusing(() => parseDockerEvent(text), Error);
});

const redirects = parser(
  "redirects of a master",
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .tuple(
        fc.constantFrom("//", "http://", "https://", "/", "http:\\\\"),
        fc.webAuthority(),
        fc.webPath(),
      )
      .map((parts) => parts.join("")),
  ),
  (location) => {
    const from = { host: "127.0.0.1", port: 5050, path: "/api/v1/scheduler" };
    const to = redirectTarget(location, from, "http");
    if (to === null) return;
    requireTrue("a port", Number.isInteger(to.port) && to.port >= 0 && to.port < 65_536);
    requireTrue("a path without a line's end", /^\/[^\s]*$/.test(to.path));
  },
);

const serverFrames = parser(
  "frames of a WebSocket server",
  chunked(
    fc.oneof(
      noise,
      editedBytes(Buffer.from("81026869880203e8", "hex"), Buffer.from("017e008061", "hex")),
    ),
  ),
  ([bytes, sizes]) => {
    const frames = new ServerFrames();
    refusing(() => inPieces(bytes, sizes).map((piece) => frames.take(piece)), FrameError);
  },
  (size) => () => {
    const frames = new ServerFrames();
    return inPieces(Buffer.concat(Array(size / 4).fill(Buffer.from("81026869", "hex"))), [3]).map(
      (p) => frames.take(p),
    );
  },
);

const zooKeeper = parser(
  "ZooKeeper's packets",
  chunked(fc.oneof(noise, editedBytes(Buffer.concat(ZOOKEEPER_PACKETS), ...ZOOKEEPER_PACKETS))),
  ([bytes, sizes]) => {
    const packets = (pieces: readonly Buffer[]) => {
      const decoder = new PacketDecoder();
      return refusing(() => pushed(pieces, pushTo(decoder)), ZooKeeperProtocolError);
    };
    const whole = packets([bytes]);
    const hex = (list: readonly Buffer[] | undefined) => list?.map((p) => p.toString("hex"));
    requireSame("the packets, in pieces", hex(packets(inPieces(bytes, sizes))), hex(whole));
    for (const packet of whole ?? []) {
      requireTrue("bounded", packet.length <= PACKET_BYTES_MAX);
      for (const read of ZOOKEEPER_READS) {
        refusing(() => read(new JuteReader(packet)), ZooKeeperProtocolError);
      }
    }
  },
  (size) => () => {
    const names = Buffer.alloc(size, "0000000161", "hex");
    names.writeInt32BE(size - 4);
    names.writeInt32BE(Math.floor((size - 8) / 5), 4);
    const [packet] = pushed(inPieces(names, [3]), pushTo(new PacketDecoder()));
    return refusing(() => new JuteReader(packet ?? names).texts(), ZooKeeperProtocolError);
  },
);

/** What the client makes of a packet, in whatever state it gets it. */
const ZOOKEEPER_READS: readonly ((reader: JuteReader) => unknown)[] = [
  readConnectResponse,
  (reader) => [readReplyHeader(reader), reader.texts()],
  (reader) => [readReplyHeader(reader), reader.buffer()],
];

export const WIRE: readonly Parser[] = [
  ...[recordIo, dockerFrames, lines("cut"), lines("throw"), mesosEvents, agentStatus],
  ...[startCommand, schedulerCalls, dockerEvents, redirects, serverFrames, zooKeeper],
];
