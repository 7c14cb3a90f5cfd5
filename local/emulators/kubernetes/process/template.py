"""The fork server ("template"): one process that forks a shim for every container it is asked to start.

There is one bare template, which makes starting a container a fork instead of a new interpreter, and one per image that
declares `preload`, which has already imported the image's modules and run its script. It holds no secrets: it starts
with the image's environment only, and what a container gets is read by the forked child, from a socket that the server
passes along.
It ends when the server's end of its control socket closes; the shims live on. Standard library only.
"""

import argparse
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from local.emulators.kubernetes.process.shim import Shim


def main() -> None:
    """Its arguments are `--control FD [--module NAME ...] [--script FILE]`; `launcher.Template` starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--module", action="append", default=[])
    parser.add_argument("--script")
    arguments = parser.parse_args()
    control = socket.socket(fileno=arguments.control)
    os.set_inheritable(arguments.control, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in arguments.module:
        importlib.import_module(name)
    if arguments.script:
        runpy.run_path(arguments.script, run_name="__main__")
    if threading.active_count() > 1:
        raise SystemExit(f"what is to be kept warm starts threads, which no fork inherits: {vars(arguments)}")
    function = serve(control)
    sys.exit(function())


def serve(control: socket.socket) -> Callable[[], Any]:
    """Forks a shim per request. Returns only in a container that runs in this interpreter: what it is to call."""
    gc.collect()
    gc.freeze()  # the collector would otherwise write to, and so copy, every page it shares with the template
    signal.signal(signal.SIGCHLD, _reap)
    control.sendall(b"r")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            os._exit(0)
        (descriptor,) = descriptors
        os.set_inheritable(descriptor, False)
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            function = _start(socket.socket(fileno=descriptor))
            if function is not None:
                return function
        os.close(descriptor)


def _start(channel: socket.socket) -> Callable[[], Any] | None:
    with channel.makefile("rb") as reader:
        request = reader.readline()
    if not request.endswith(b"\n"):
        os._exit(0)  # the server went away in mid-sentence; it will find nothing started and try again

    return Shim(json.loads(request), channel).run()


def _reap(*_: Any) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
