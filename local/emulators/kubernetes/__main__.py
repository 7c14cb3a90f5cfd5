"""`python -m local.emulators.kubernetes --port N --state DIR --images DIR`: serves until SIGTERM."""

import argparse
import asyncio
import json
import logging
import signal
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from local.emulators.common import credentials
from local.emulators.kubernetes.app import Api
from local.emulators.kubernetes.backend import Backend
from local.emulators.kubernetes.images import Images
from local.emulators.kubernetes.kubelet import Kubelet, stop_pods
from local.emulators.kubernetes.podman import PodmanBackend
from local.emulators.kubernetes.process.backend import ProcessBackend
from local.emulators.kubernetes.rights import Identities, Identity, Rule
from local.emulators.kubernetes.secrets import Secrets, secrets_manager, shown
from local.emulators.kubernetes.server import application
from local.emulators.kubernetes.store import Store

log = logging.getLogger("local.emulators.kubernetes")
HOST = "127.0.0.1"


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.emulators.kubernetes",
        description="A Kubernetes API for pods on this machine. Its token is in the file that ASSAY_CREDENTIALS names.",
    )
    parser.add_argument("--port", type=int, help="where to listen, on 127.0.0.1 only")
    parser.add_argument("--tls-port", type=int, help="where to listen with TLS too; kubectl sends no token without it")
    parser.add_argument("--tls-certificate", type=Path, help="PEM file, for --tls-port")
    parser.add_argument("--tls-key", type=Path, help="PEM file, for --tls-port")
    parser.add_argument("--state", type=Path, required=True, help="folder for pods, logs and objects")
    parser.add_argument("--images", type=Path, help="folder of images: <name>/image.json")
    parser.add_argument("--backend", choices=("process", "podman"), default="process")
    parser.add_argument("--pod-env", action="append", default=[], metavar="KEY=VALUE", help="set in every container")
    parser.add_argument("--namespace", action="append", default=[], help="a namespace to serve (default: assay)")
    parser.add_argument("--secrets-endpoint", metavar="URL", help="Secrets Manager, for ExternalSecrets")
    parser.add_argument("--region", default="eu-central-1", help="of Secrets Manager")
    parser.add_argument(
        "--rights", type=Path, metavar="FILE",
        help="JSON: the rules of a Role for each further token of the credentials file, by its name",
    )  # fmt: skip
    parser.add_argument("--hide", action="append", type=Path, default=[], metavar="PATH", help="not to be seen by pods")
    parser.add_argument(
        "--keep", action="append", type=Path, default=[], metavar="PATH",
        help="seen by pods even where a volume covers it (default: the current folder)",
    )  # fmt: skip
    parser.add_argument("--no-preload", action="store_true", help="do not keep templates of images warm")
    parser.add_argument(
        "--keep-finished", type=int, default=200, metavar="N", help="finished pods to keep (default: 200)"
    )
    parser.add_argument("--stop-pods", action="store_true", help="kill the pods left in the state folder, and exit")
    found = parser.parse_args(argv)
    if not found.stop_pods and (found.port is None or (found.images is None and found.backend == "process")):
        parser.error("--port and --images are required, unless --stop-pods is given (podman needs no --images)")
    if found.tls_port and not (found.tls_certificate and found.tls_key):
        parser.error("--tls-port needs --tls-certificate and --tls-key")
    for pair in found.pod_env:
        if "=" not in pair:
            parser.error(f'--pod-env {pair}: write KEY=VALUE, e.g. "--pod-env TZ=UTC"')
    return found


def identities(tokens: dict[str, str], rights: Path | None, namespace: str) -> Identities:
    """Whose each token is; ends with a sentence where the file of rights cannot be used."""
    found = {tokens["token"]: Identity("administrator")}
    try:
        given = json.loads(rights.read_bytes()) if rights else {}
        for name, rules in given.items():
            found[tokens[name]] = Identity(name, tuple(Rule.read(each) for each in rules), namespace)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{rights}: {type(error).__name__}: {error}; `./assay up` writes it again") from None
    return Identities(found)


async def serve(options: argparse.Namespace) -> None:
    tokens = credentials.own("kubernetes", "token")
    options.state.mkdir(parents=True, exist_ok=True)
    options.state.chmod(0o700)
    store = Store(options.state / "objects.sqlite", remembered={"secrets": shown})
    source = None
    if options.secrets_endpoint:
        aws = credentials.own("aws", "external-secrets")["external-secrets"]
        access = (aws["access_key_id"], aws["secret_access_key"])
        source = await asyncio.to_thread(secrets_manager, options.secrets_endpoint, options.region, *access)
    secrets = Secrets(store, source)
    node_env = dict(pair.split("=", 1) for pair in options.pod_env)
    backend = _backend(options, [options.state, credentials.path(), *options.hide], node_env)
    for warning in await backend.start():
        log.warning("%s", warning)
    kubelet = Kubelet(store, backend, secrets, node_env, options.state.resolve(), options.keep_finished)
    kubelet.adopt()
    api = Api(store, kubelet, secrets, backend, tuple(options.namespace or ["assay"]))
    app = application(api, identities(tokens, options.rights, api.namespaces[0]))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, HOST, options.port).start()
    if options.tls_port:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.tls_certificate, options.tls_key)
        await web.TCPSite(runner, HOST, options.tls_port, ssl_context=context).start()
    log.info("serving on http://%s:%s, %s", HOST, options.port, json.dumps(backend.facts()))
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await stopping.wait()
    log.info("stopping")
    await kubelet.stop()
    store.end_watches()
    await runner.cleanup()
    await backend.stop()
    store.close()


def _backend(options: argparse.Namespace, hide: list[Path], node_env: dict[str, str]) -> Backend:
    if options.backend == "podman":
        return PodmanBackend(options.state.resolve(), node_env)
    keep = options.keep or [Path.cwd()]
    return ProcessBackend(Images(options.images), options.state.resolve(), keep, hide, preload=not options.no_preload)


def main() -> None:
    options = arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    if options.stop_pods:
        print(f"{stop_pods(options.state)} containers are ending", file=sys.stderr)
        return
    asyncio.run(serve(options))


if __name__ == "__main__":
    main()
