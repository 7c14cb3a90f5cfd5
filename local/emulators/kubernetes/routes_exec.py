"""`exec`: a command inside a running container, over a websocket (`v4.channel.k8s.io`, `v5.channel.k8s.io`).

Each binary frame begins with the number of its channel: 0 stdin, 1 stdout, 2 stderr, 3 the outcome as a Status, and in
version 5 255, which closes the channel it names.
"""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from local.emulators.kubernetes.app import API, flag
from local.emulators.kubernetes.backend import read_run
from local.emulators.kubernetes.errors import bad_request
from local.emulators.kubernetes.routes_objects import CORE
from local.emulators.kubernetes.routes_pods import container_of, pod_of

routes = web.RouteTableDef()
STDIN, STDOUT, STDERR, OUTCOME, CLOSE = 0, 1, 2, 3, 255
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


@routes.get(CORE + "/pods/{name}/exec")
@routes.post(CORE + "/pods/{name}/exec")
async def pod_exec(request: web.Request) -> web.StreamResponse:
    pod = pod_of(request)
    name = container_of(request, pod)
    command = request.query.getall("command", [])
    if not command:
        raise bad_request("you must specify at least one command for the container")
    if flag(request, "tty"):
        raise bad_request("exec with a terminal (-t) is not supported by the local Kubernetes API; leave -t out")
    run = read_run(pod.container_directory(name))
    container = pod.container_spec(name)
    if pod.state.states[name].kind != "running" or run is None or container is None:
        raise bad_request(f'container "{name}" of pod "{pod.name}" is not running')
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("exec is served over websockets only (this client asked for another protocol)")
    argv, env = request.app[API].backend.enter(await pod.plan(container), run["pid"], command)
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    await socket.prepare(request)
    wants_stdin = flag(request, "stdin")
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=env,
        stdin=asyncio.subprocess.PIPE if wants_stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    feeding = asyncio.create_task(_feed(socket, process))
    try:
        await asyncio.gather(_pump(socket, process.stdout, STDOUT), _pump(socket, process.stderr, STDERR))
        code = await process.wait()
        if not socket.closed:
            await socket.send_bytes(bytes([OUTCOME]) + json.dumps(_outcome(code)).encode())
            await socket.close()
    except ConnectionResetError:
        pass  # the client is gone; what it started ends below
    finally:
        feeding.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    return socket


async def _pump(socket: web.WebSocketResponse, stream: asyncio.StreamReader | None, channel: int) -> None:
    while stream and (data := await stream.read(65536)):
        await socket.send_bytes(bytes([channel]) + data)


async def _feed(socket: web.WebSocketResponse, process: asyncio.subprocess.Process) -> None:
    """Carries stdin until the client closes it, or ends the process when the client goes away."""
    async for message in socket:
        data = message.data.encode() if message.type == WSMsgType.TEXT else message.data
        if not isinstance(data, bytes) or not data or process.stdin is None:
            continue
        if data[0] == CLOSE and data[1:2] == bytes([STDIN]):
            process.stdin.close()
        elif data[0] == STDIN and not process.stdin.is_closing():
            process.stdin.write(data[1:])
            await process.stdin.drain()
    if process.returncode is None:
        process.kill()


def _outcome(code: int) -> dict[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    message = f"command terminated with exit code {code}"
    details = {"causes": [{"reason": "ExitCode", "message": str(code)}]}
    return {"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "message": message, "details": details}
