/** Every bound of the proxy in one place. Times in milliseconds, sizes in bytes. */
export const LIMITS = {
  /**
   * A killed container's address swallows TCP: trying longer only keeps a request from the next
   * target.
   */
  connectMs: 300,
  /** Between two tries to reach a target that does not answer, while no other is named. */
  probeEveryMs: 100,
  /** Between two questions whether a target that answers is ready. */
  readyEveryMs: 25,
  /** Until such a question is answered; then another is asked. */
  readyAnswerMs: 1_000,
  /** One that was not is waited for so much longer, beside the others. */
  readyPatienceMs: 15_000,
  /** Tries of one request at a target that accepts it and then hangs up without an answer. */
  hangUpsMax: 5,
  /** Before the third try at the same target; doubled each time, up to the last. */
  retry: { firstMs: 25, capMs: 400 },
  /** Requests that wait for a target; more are refused at once. */
  heldMax: 512,
  /** Requests and WebSockets together that are being served or held. */
  exchangesMax: 4096,
  /** TCP connections of clients. */
  connectionsMax: 4096,
  /** A longer body is streamed once and cannot be sent again. */
  replayBytesMax: 1024 * 1024,
  /** All bodies kept for replay, of all requests. */
  replayBytesTotalMax: 64 * 1024 * 1024,
  /** What a client may send on a WebSocket before it is open; more is no WebSocket's client. */
  earlyBytesMax: 64 * 1024,
  /** Until a client's headers are complete. */
  headersMs: 20_000,
  /** As Tornado, and with it Jupyter, takes them. */
  requestHeaderBytesMax: 64 * 1024,
  /** Tornado sends them without a limit. */
  answerHeaderBytesMax: 256 * 1024,
  /** 1xx answers that are passed on for one request; more come from a target that has lost its way. */
  informationalMax: 32,
  /**
   * Without a byte, while one side owes the rest of what it began: a body, or reading it. Who has
   * asked may wait for as long as he likes, and a WebSocket be silent: whether the other end is
   * still there, TCP finds out.
   */
  idleMs: 10 * 60_000,
  /** Until TCP asks a silent peer whether it is there; without an answer it ends within seconds. */
  tcpKeepAliveMs: 30_000,
  /** An idle connection of a client, kept for its next request. */
  keepAliveMs: 65_000,
  /** An idle connection to the target, kept for the next request. */
  poolIdleMs: 30_000,
  poolSize: 64,
  /** For answers that a draining target is giving; a node that lost power never ends them. */
  drainGraceMs: 10_000,
  /** From our closing a WebSocket to giving up on the peer's side of the farewell. */
  lingerMs: 2_000,
  /** A kernel's WebSocket, which is joined to the next server when its own is lost. */
  join: {
    /** A longer message is passed on in parts; in the middle of it nothing can be joined. */
    wholeBytesMax: 8 * 1024 * 1024,
    /** All messages that have not come whole, of all WebSockets. */
    wholeBytesTotalMax: 64 * 1024 * 1024,
    /** What a page may send while there is no server; then it is read no further. */
    waitingBytesMax: 1024 * 1024,
    /** Of what a page sent to the lost server, this much is sent again to the next. */
    resentMessagesMax: 64,
    resentBytesMax: 1024 * 1024,
    resentAgeMs: 30_000,
    /** Joins within a time; more are no failover, and the page is told. */
    timesMax: 30,
    withinMs: 60_000,
  },
  /** From close() to cutting what is still being answered. */
  closeGraceMs: 500,
} as const;
