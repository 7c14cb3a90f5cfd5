"""A Terraform provider that accepts what its schema accepts, plans it as it stands, and changes nothing anywhere.

What a real provider computes is unknown in a plan of a new thing, as it would be, and gets a made-up value of the right
type when it is applied. Protocol: tfplugin6 over gRPC; messages are values in MessagePack, in which extension 0 is
"not known yet".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
import msgpack
from tf.gen import tfplugin_pb2 as protocol

from local.emulators.terraform.schema import Attribute, Block, Provider, sample

UNKNOWN = msgpack.ExtType(0, b"\x00")
NESTING = {"single": 1, "list": 2, "set": 3}
MESSAGE_LIMIT = 256 * 1024 * 1024
Value = dict[str, Any]


class Service:
    """One provider's remote procedures, by the names that the protocol gives them."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def GetProviderSchema(self, request: Any) -> Any:
        return protocol.GetProviderSchema.Response(
            provider=_schema(self.provider.config),
            resource_schemas={name: _schema(block) for name, block in self.provider.resources.items()},
            data_source_schemas={name: _schema(block) for name, block in self.provider.data_sources.items()},
        )

    def ValidateProviderConfig(self, request: Any) -> Any:
        return protocol.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any) -> Any:
        block = self.provider.resources[request.type_name]
        return protocol.ValidateResourceConfig.Response(diagnostics=_diagnostics(block, request.config))

    def ValidateDataResourceConfig(self, request: Any) -> Any:
        block = self.provider.data_sources[request.type_name]
        return protocol.ValidateDataResourceConfig.Response(diagnostics=_diagnostics(block, request.config))

    def ConfigureProvider(self, request: Any) -> Any:
        return protocol.ConfigureProvider.Response()

    def UpgradeResourceState(self, request: Any) -> Any:
        return protocol.UpgradeResourceState.Response(upgraded_state=_pack(json.loads(request.raw_state.json)))

    def ReadResource(self, request: Any) -> Any:
        return protocol.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request: Any) -> Any:
        proposed = _unpack(request.proposed_new_state)
        if proposed is None:
            return protocol.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        planned = _computed(self.provider.resources[request.type_name], proposed, lambda *_: UNKNOWN)
        return protocol.PlanResourceChange.Response(planned_state=_pack(planned))

    def ApplyResourceChange(self, request: Any) -> Any:
        planned = _unpack(request.planned_state)
        if planned is None:
            return protocol.ApplyResourceChange.Response(new_state=request.planned_state)
        made = _computed(
            self.provider.resources[request.type_name], planned, lambda name, each: sample(each.type, name)
        )
        return protocol.ApplyResourceChange.Response(new_state=_pack(made))

    def ReadDataSource(self, request: Any) -> Any:
        block = self.provider.data_sources[request.type_name]
        read = _computed(block, _unpack(request.config) or {}, lambda name, each: sample(each.type, name))
        return protocol.ReadDataSource.Response(state=_pack(read))

    def GetFunctions(self, request: Any) -> Any:
        return protocol.GetFunctions.Response()

    def StopProvider(self, request: Any) -> Any:
        return protocol.StopProvider.Response()


def server(provider: Provider, socket: str) -> grpc.Server:
    """Serves the provider on a Unix socket until it is stopped."""
    service = Service(provider)
    procedures = protocol.DESCRIPTOR.services_by_name["Provider"].methods_by_name
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            _procedure(service, name),
            request_deserializer=_message(method.input_type).FromString,
            response_serializer=_message(method.output_type).SerializeToString,
        )
        for name, method in procedures.items()
        if hasattr(service, name)
    }
    limits = [("grpc.max_send_message_length", MESSAGE_LIMIT), ("grpc.max_receive_message_length", MESSAGE_LIMIT)]
    made = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=limits)
    made.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers),))
    made.add_insecure_port(f"unix:{socket}")
    made.start()
    return made


def _procedure(service: Service, name: str) -> Callable[[Any, Any], Any]:
    call = getattr(service, name)
    return lambda request, context: call(request)


def _message(descriptor: Any) -> Any:
    return descriptor._concrete_class


def _schema(block: Block) -> Any:
    return protocol.Schema(version=0, block=_block(block))


def _block(block: Block) -> Any:
    made = protocol.Schema.Block(version=0)
    for name, each in block.attributes.items():
        made.attributes.append(
            protocol.Schema.Attribute(
                name=name,
                type=json.dumps(each.type).encode(),
                required=each.required,
                optional=each.optional,
                computed=each.computed,
            )
        )
    for name, nested in block.blocks.items():
        made.block_types.append(
            protocol.Schema.NestedBlock(
                type_name=name,
                block=_block(nested.block),
                nesting=NESTING[nested.nesting],
                min_items=nested.minimum,
                max_items=nested.maximum,
            )
        )
    return made


def _diagnostics(block: Block, config: Any) -> list[Any]:
    """The one rule about configurations that is in the schema and that Terraform leaves to providers."""
    return [
        protocol.Diagnostic(
            severity=protocol.Diagnostic.ERROR,
            summary="Value for unconfigurable attribute",
            detail=f'Can\'t configure a value for "{name}": its value is decided by the provider.',
        )
        for name in _decided(block, _unpack(config) or {})
    ]


def _decided(block: Block, value: Value) -> list[str]:
    """Attributes that are set although only the provider decides on them."""
    found = [
        name
        for name, each in block.attributes.items()
        if each.computed and not each.optional and value.get(name) is not None
    ]
    for name, nested in block.blocks.items():
        inner = value.get(name)
        for each in inner if isinstance(inner, list) else [inner] if isinstance(inner, dict) else []:
            found += _decided(nested.block, each)
    return found


def _computed(block: Block, value: Value, fill: Callable[[str, Attribute], Any]) -> Value:
    """The value with everything that the provider computes and the configuration does not set filled in."""
    made = dict(value)
    for name, each in block.attributes.items():
        if each.computed and (made.get(name) is None or isinstance(made[name], msgpack.ExtType)):
            made[name] = fill(name, each)
    for name, nested in block.blocks.items():
        inner = made.get(name)
        if isinstance(inner, dict):
            made[name] = _computed(nested.block, inner, fill)
        elif isinstance(inner, list):
            made[name] = [_computed(nested.block, each, fill) for each in inner]
    return made


def _unpack(value: Any) -> Value | None:
    if not value.msgpack:
        return json.loads(value.json) if value.json else None
    found: Value | None = msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False, ext_hook=msgpack.ExtType)
    return found


def _pack(value: Value | None) -> Any:
    return protocol.DynamicValue(msgpack=msgpack.packb(value, use_bin_type=True))
