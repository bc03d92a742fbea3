"""Jupyter's sessions (which notebook has which kernel), mirrored so that the next leader has the same."""

from typing import Any, List, Set

from jupyter_server.services.sessions.sessionmanager import SessionManager

from .agent import agent
from .leadership import standing


class ClusterSessionManager(SessionManager):
    """As Jupyter's; each change is with the agent before it is answered."""

    async def save_session(self, session_id: str, *args: Any, **kwargs: Any) -> Any:
        model = await super().save_session(session_id, *args, **kwargs)
        await self._mirror(session_id)
        return model

    async def update_session(self, session_id: str, **kwargs: Any) -> None:
        await super().update_session(session_id, **kwargs)
        await self._mirror(session_id)

    async def delete_session(self, session_id: str) -> None:
        await super().delete_session(session_id)
        await agent().remove_session(session_id)

    def kernels_of(self, path: str) -> List[str]:
        """The kernels of the sessions with this notebook."""
        query = "SELECT DISTINCT kernel_id FROM session WHERE path=?"
        self.cursor.execute(query, (path,))
        return [row["kernel_id"] for row in self.cursor.fetchall()]

    async def adopt(self, row: Any) -> None:
        """A session of the leader before; there already, with the same kernel, it stays."""
        self.forget_session(row["sessionId"])
        await super().save_session(
            row["sessionId"],
            path=row["path"],
            name=row["name"],
            type=row["type"],
            kernel_id=row["kernelId"],
        )

    def forget_session(self, session_id: str) -> None:
        self.cursor.execute("DELETE FROM session WHERE session_id=?", (session_id,))

    def forget_others(self, there: Set[str]) -> None:
        self.cursor.execute("SELECT session_id FROM session")
        for (session_id,) in self.cursor.fetchall():
            if session_id not in there:
                self.forget_session(session_id)

    def forget_all(self) -> None:
        """They are the next leader's now."""
        self.cursor.execute("DELETE FROM session")

    async def _mirror(self, session_id: str) -> None:
        if standing.letting_go:
            return
        self.cursor.execute("SELECT * FROM session WHERE session_id=?", (session_id,))
        row = self.cursor.fetchone()
        if row is None:
            return
        told = {name: row[name] or "" for name in ("path", "name", "type")}
        await agent().save_session(
            {"sessionId": session_id, "kernelId": row["kernel_id"], **told}
        )
