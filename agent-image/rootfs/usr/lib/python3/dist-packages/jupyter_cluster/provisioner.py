"""Kernels go first when a node's memory is used up, and etcd last.

The kernel (Linux's) picks whom to end by ``/proc/PID/oom_score_adj``. A notebook's kernel gets a score of
its own, whichever kernel specification it comes from, before its first instruction.
"""

import os
from typing import Any, Dict

from jupyter_client.provisioning import LocalProvisioner

#: Set by the node's agent (``agent-image/agent/jupyter/jupyter-config.ts``).
SCORE_VARIABLE = "JUPYTER_CLUSTER_KERNEL_OOM_SCORE_ADJ"


class NodeProvisioner(LocalProvisioner):
    """Jupyter's own local provisioner, with an ``oom_score_adj`` for the kernel that it starts."""

    async def pre_launch(self, **kwargs: Any) -> Dict[str, Any]:
        """As the local provisioner; the command raises the score and becomes the kernel."""
        launch = await super().pre_launch(**kwargs)
        score = os.environ.get(SCORE_VARIABLE)
        if score is not None:
            launch["cmd"] = ["/usr/bin/choom", "-n", score, "--", *launch["cmd"]]
        return launch
