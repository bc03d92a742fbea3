/** A request that is answered once; without an answer, etcd gives up at the deadline. */
import type { Clock } from "../../../controller/model/ports.ts";
import { refusal } from "./store.ts";
import { ERRORS, type EtcdAnswer } from "./types.ts";

export type Reply = (answer: EtcdAnswer) => void;

export class Ticket {
  private readonly cancel: () => void;
  private over = false;

  constructor(
    clock: Clock,
    deadlineMs: number,
    private readonly reply: Reply,
  ) {
    this.cancel = clock.after(deadlineMs, () => this.answer(refusal(ERRORS.timedOut)));
  }

  get closed(): boolean {
    return this.over;
  }

  answer(answer: EtcdAnswer): void {
    if (this.over) return;
    this.over = true;
    this.cancel();
    this.reply(answer);
  }

  refuse(error: string): void {
    this.answer(refusal(error));
  }
}
