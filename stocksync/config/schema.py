"""The config as JSON Schema, so that editors complete keys and underline mistakes."""

from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from stocksync.channels.settings import Duration, OneSecret, Secrets
from stocksync.config.loading import INSTALLED, Kinds
from stocksync.config.shape import MerchantShape

_REFERENCE = {
    "title": "A secret by reference",
    "type": "object",
    "properties": {
        "env": {"type": ["string", "integer"], "description": "An environment variable."},
        "file": {"type": "string", "description": "A path, seen from the config's folder."},
        "not_after": {"type": "string", "description": "The moment from which it is refused."},
    },
    "oneOf": [{"required": ["env"]}, {"required": ["file"]}],
    "additionalProperties": False,
}
_REFERENCES = {
    "anyOf": [_REFERENCE, {"type": "array", "items": _REFERENCE, "minItems": 1, "maxItems": 4}]
}
_A_TIME = {
    "anyOf": [{"type": "string", "pattern": "^[0-9]{1,6}[smhd]$"}, {"const": 0}],
    "description": "A time such as 30s, 15m, 6h or 2d.",
}
_AS_WRITTEN: dict[Any, dict[str, Any]] = {
    get_args(OneSecret)[1].func: _REFERENCE,
    get_args(Secrets)[1].func: _REFERENCES,
    get_args(Duration)[1].func: _A_TIME,
}


def schema(kinds: Kinds = INSTALLED) -> dict[str, Any]:
    """Return the JSON Schema of one merchant's file, with every kind of channel."""
    merchant = _schema_of(MerchantShape)
    defs = merchant.setdefault("$defs", {})
    cases = []
    for kind, settings in sorted(kinds.items()):
        own = _schema_of(settings)
        own["properties"]["kind"] = {"const": kind}
        # Two kinds may call their parts alike, so each keeps its own under its own name.
        parts = own.pop("$defs", {})
        defs |= {f"{kind}.{name}": _moved(part, kind) for name, part in parts.items()}
        defs[kind] = _moved(own, kind)
        is_it = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
        cases.append({"if": is_it, "then": {"$ref": f"#/$defs/{kind}"}})

    merchant["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    merchant["title"] = "A merchant of stocksync"
    channel = {
        "type": "object",
        "properties": {"kind": {"enum": sorted(kinds)}},
        "required": ["kind"],
        "allOf": cases,
    }
    merchant["properties"]["bundles"]["type"] = ["object", "null"]
    rules, limits = merchant["properties"]["rules"], merchant["properties"]["limits"]
    merchant["properties"]["rules"] = {**rules["anyOf"][0], "type": ["array", "null"]}
    merchant["properties"]["limits"] = {"anyOf": [limits, {"type": "null"}]}
    (name,) = merchant["properties"]["locations"]["patternProperties"]
    merchant["properties"]["locations"]["additionalProperties"] = False
    merchant["properties"]["channels"] = {
        "type": ["object", "null"],
        "patternProperties": {name: channel},
        "additionalProperties": False,
    }
    return merchant


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(schema_generator=_AsWritten)


def _moved(part: Any, kind: str) -> Any:
    """Return a part of a schema with its references pointing below its kind."""
    if isinstance(part, list):
        return [_moved(item, kind) for item in part]
    if not isinstance(part, dict):
        return part
    moved = {key: _moved(value, kind) for key, value in part.items()}
    if isinstance(part.get("$ref"), str):
        moved["$ref"] = part["$ref"].replace("#/$defs/", f"#/$defs/{kind}.")
    return moved


class _AsWritten(GenerateJsonSchema):
    """Describes what merchants write, where that differs from what we make of it."""

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Return the written shape of secrets and times; of a list, also its only item."""
        written = _AS_WRITTEN.get(schema["function"]["function"])
        if written is not None:
            return dict(written)
        made = super().function_before_schema(schema)
        if made.get("type") == "array" and "items" in made:
            return {"anyOf": [made, made["items"]]}
        return made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the shape without its default, which Python writes unlike YAML."""
        return self.generate_inner(schema["schema"])
