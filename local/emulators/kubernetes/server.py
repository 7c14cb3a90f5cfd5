"""The application: every route behind the check of tokens and rights."""

from aiohttp import web

from local.emulators.kubernetes import discovery, routes_exec, routes_objects, routes_pods
from local.emulators.kubernetes.app import API, Api, authenticated, errors_as_status
from local.emulators.kubernetes.rights import Identities


def application(api: Api, identities: Identities) -> web.Application:
    """Return the Kubernetes API over `api`, for callers that carry one of the tokens."""
    app = web.Application(middlewares=[errors_as_status, authenticated(identities)], client_max_size=4 << 20)
    app[API] = api
    for routes in (discovery.routes, routes_objects.routes, routes_pods.routes, routes_exec.routes):
        app.add_routes(routes)
    return app
