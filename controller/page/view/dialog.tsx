/** One question before anything is changed: what will happen, and whether it shall. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

export interface Action {
  readonly title: string;
  /** What will happen, a sentence each; asked for when the dialog opens. */
  readonly consequences: () => Promise<readonly string[]> | readonly string[];
  /** On the button; null: it can't be done here, as the consequences say. */
  readonly verb: string | null;
  readonly isGrave?: boolean;
  /** @throws Error with what the controller says */
  readonly run: () => Promise<unknown>;
}

interface Asked {
  readonly action: Action;
  /** Null: being asked for. */
  readonly sentences: readonly string[] | null;
  readonly running: boolean;
  readonly problem: string | null;
}

const asked = signal<Asked | null>(null);

export async function ask(action: Action): Promise<void> {
  const open: Asked = { action, sentences: null, running: false, problem: null };
  asked.value = open;
  try {
    const sentences = await action.consequences();
    if (asked.value?.action === action) asked.value = { ...open, sentences };
  } catch (error) {
    if (asked.value?.action === action) {
      asked.value = { ...open, sentences: [], problem: textOf(error) };
    }
  }
}

async function run({ action, sentences }: Asked): Promise<void> {
  const open: Asked = { action, sentences, running: true, problem: null };
  asked.value = open;
  try {
    await action.run();
    if (asked.value?.action === action) asked.value = null;
  } catch (error) {
    if (asked.value?.action === action) {
      asked.value = { ...open, running: false, problem: textOf(error) };
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function ActionDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const now = asked.value;
  const isOpen = now !== null;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="action-title"
      aria-describedby="action-consequences"
      onClose={() => (asked.value = null)}
    >
      {now !== null && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void run(now);
          }}
        >
          <h2 id="action-title">{now.action.title}</h2>
          <ul id="action-consequences">
            {(now.sentences ?? ["Asking the controller what would be done …"]).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <p class="problem" role="alert">
            {now.problem}
          </p>
          <div class="buttons">
            <button type="button" onClick={() => (asked.value = null)}>
              {now.action.verb === null ? "Close" : "Cancel"}
            </button>
            {now.action.verb !== null && (
              <button
                type="submit"
                class={now.action.isGrave === true ? "grave" : "primary"}
                disabled={now.sentences === null || now.running}
              >
                {now.running ? "Working …" : now.action.verb}
              </button>
            )}
          </div>
        </form>
      )}
    </dialog>
  );
}
