"""All pods of the server: started, adopted after a restart, deleted, and forgotten when they are many and finished."""

import asyncio
import copy
import logging
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from local.emulators.kubernetes.backend import Backend, send
from local.emulators.kubernetes.pods import DEFAULT_GRACE, Pod
from local.emulators.kubernetes.secrets import Secrets
from local.emulators.kubernetes.store import Object, Store, now

log = logging.getLogger(__name__)
STARTS_FAST_SECONDS = 1.0
STOP_GRACE_SECONDS = 2.0
STOPPED = ("Terminated", "Pod was terminated because the platform was stopped.")
FINISHED = ("Succeeded", "Failed")


class Kubelet:
    def __init__(
        self,
        store: Store,
        backend: Backend,
        secrets: Secrets,
        node_env: dict[str, str],
        state: Path,
        keep_finished: int,
    ) -> None:
        self.keep_finished = keep_finished
        self.store, self.backend, self.secrets, self.node_env, self.state = store, backend, secrets, node_env, state
        self.pods: dict[str, Pod] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def adopt(self) -> None:
        """Picks up every pod where it is: after a start on a state folder that already holds some."""
        for pod in self.store.all("pods"):
            tracked = self._track(pod)
            if pod.get("status", {}).get("phase") in FINISHED:
                tracked.settled.set()
            else:
                self._spawn(self._run(tracked))
            if pod["metadata"].get("deletionTimestamp"):
                self._spawn(self._remove(tracked, pod["metadata"].get("deletionGracePeriodSeconds", 0)))
        for orphan in (self.state / "pods").glob("*"):
            if orphan.name not in self.pods:
                self._clear(orphan)

    async def start(self, pod: Object) -> None:
        """Starts a pod that was just stored, and waits a moment for it to leave Pending: the caller looks next."""
        tracked = self._track(pod)
        self._spawn(self._run(tracked))
        await self.store.until(lambda: tracked.state.phase != "Pending" or tracked.is_stuck, STARTS_FAST_SECONDS)

    def delete(self, pod: Object, grace: float | None) -> Object:
        """Marks a pod for deletion and begins it; asked again with less patience, it hurries."""
        tracked = self.pods[pod["metadata"]["uid"]]
        if grace is None:
            grace = float(pod["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE))
        again = "deletionTimestamp" in pod["metadata"]
        if again and grace >= pod["metadata"]["deletionGracePeriodSeconds"]:
            return pod
        marked = copy.deepcopy(pod)
        marked["metadata"].setdefault("deletionTimestamp", now())
        marked["metadata"]["deletionGracePeriodSeconds"] = int(grace)
        self.store.replace("pods", marked)
        if again:
            tracked.kill()
        else:
            if tracked.state.phase not in FINISHED:
                tracked.event("Killing", "Stopping pod")
            self._spawn(self._remove(tracked, grace))
        return marked

    async def stop(self) -> None:
        """Ends every running pod, truthfully: they are Failed, because the platform was stopped."""
        live = [pod for pod in self.pods.values() if not pod.settled.is_set()]
        await asyncio.gather(*(pod.end(STOP_GRACE_SECONDS, STOPPED) for pod in live))
        for task in self._tasks:
            task.cancel()

    def _track(self, pod: Object) -> Pod:
        tracked = Pod(self.store, self.backend, self.secrets, self.node_env, self.state, pod)
        self.pods[tracked.uid] = tracked
        return tracked

    async def _run(self, pod: Pod) -> None:
        await pod.run()
        log.info("pod %s/%s: %s", pod.namespace, pod.name, pod.state.phase)
        self._forget_oldest()

    async def _remove(self, pod: Pod, grace: float) -> None:
        if not pod.settled.is_set():
            await pod.end(grace)
        self._drop(pod)

    def _drop(self, pod: Pod) -> None:
        if self.pods.pop(pod.uid, None):
            self.store.delete("pods", pod.namespace, pod.name)
            # Elsewhere: to remove what was a mount point of a container, the kernel takes its time.
            self._spawn(asyncio.to_thread(pod.forget))

    def _forget_oldest(self) -> None:
        finished = [pod for pod in self.pods.values() if pod.state.phase in FINISHED and pod.settled.is_set()]
        for pod in finished[: -self.keep_finished]:
            self._drop(pod)

    def _clear(self, directory: Path) -> None:
        """A pod's directory without a pod: it was being deleted when the server was killed."""
        for container in (directory / "containers").glob("*"):
            send(container, signal.SIGKILL)
        Pod.remove_directory(directory)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a pod's life ended in an error of this server", exc_info=error)


def stop_pods(state: Path) -> int:
    """Kills every container that still runs under a state folder, with no server; how many."""
    running = [path.parent for path in (state / "pods").glob("*/containers/*/run.json")]
    for directory in running:
        send(directory, signal.SIGKILL)
    return len(running)
