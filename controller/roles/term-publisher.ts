/** Whoever acts shows a status here and in the store, where those who stand by see it. */
import type { LoopPorts } from "../loop/ports.ts";
import type { PublishedStore } from "../loop/published.ts";
import type { Term } from "../store/state-backend.ts";

export function termPublisher(published: PublishedStore, term: Term): LoopPorts["publisher"] {
  return {
    publish: (object, events) => {
      const shown = published.publish(object, events);
      term.publish(shown, events);
      return shown;
    },
    remove: (key) => {
      published.remove(key);
      term.unpublish(key);
    },
  };
}
