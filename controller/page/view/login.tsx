/** The way in: a token that `jupyter-cluster page` prints. */
import { useEffect, useRef, useState } from "preact/hooks";
import { askingLogin, logIn, loginProblem } from "../state/session.ts";

export function LoginDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [token, setToken] = useState("");
  const isOpen = askingLogin.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const submit = async (event: Event) => {
    event.preventDefault();
    // Whoever pastes the whole address means the token in it.
    const given = token.trim().replace(/^.*#login=/, "");
    loginProblem.value = await logIn(given);
    if (loginProblem.value !== null) return;
    setToken("");
    askingLogin.value = false;
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="login-title"
      onClose={() => {
        askingLogin.value = false;
        loginProblem.value = null;
      }}
    >
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="login-title">Log in</h2>
        <p>
          Looking is free; logs and changes need a login. In a terminal on the controller's host:
        </p>
        <pre>npx jupyter-cluster page</pre>
        <p>prints an address that logs you in. Open it, or paste it here.</p>
        <label for="login-token">Address or token</label>
        <input
          id="login-token"
          type="password"
          autocomplete="off"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
          aria-describedby="login-problem"
        />
        <p id="login-problem" class="problem" role="alert">
          {loginProblem.value}
        </p>
        <div class="buttons">
          <button type="button" onClick={() => (askingLogin.value = false)}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Log in
          </button>
        </div>
      </form>
    </dialog>
  );
}
