"""Runs a program inside a running container, for exec: `namespaces|process-groups PID CWD VARIABLES COMMAND…`.

The environment it is started with is the container's; VARIABLES are the names in it, joined by commas. Standard library
only.
"""

import os
import sys

from local.emulators.kubernetes.process import namespaces

NOT_FOUND, NOT_EXECUTABLE = 127, 126


def main() -> None:
    isolation, pid, directory, names, *command = sys.argv[1:]
    for added in set(os.environ).difference(names.split(",")):
        del os.environ[added]  # this interpreter sets LC_CTYPE for itself where there is no locale (PEP 538)
    if isolation == "namespaces":
        namespaces.join(int(pid))
        child = os.fork()  # the new PID namespace holds children only
        if child:
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            sys.exit(128 - code if code < 0 else code)
        namespaces.drop_privileges()
        namespaces.die_with_parent()
    os.chdir(directory)
    try:
        os.execvp(command[0], command)
    except FileNotFoundError:
        print(f'exec: "{command[0]}": executable file not found in $PATH', file=sys.stderr)
        os._exit(NOT_FOUND)
    except PermissionError:
        print(f'exec: "{command[0]}": permission denied', file=sys.stderr)
        os._exit(NOT_EXECUTABLE)
