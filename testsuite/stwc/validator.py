"""Documents held against a JSON Schema."""
import re

# a format that is not here is none that editors may be asked to hold a value against
FORMATS = {"date-time": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


class Validator:
    """The part of JSON Schema that our schemas use, written from the specification."""

    def __init__(self, document):
        self.document = document

    def find(self, reference):
        node = self.document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        return node

    @staticmethod
    def has_type(value, name):
        if name == "integer":
            return isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
        if name == "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        return isinstance(value, TYPES[name])

    def errors(self, value, schema, path=""):
        if schema is True:
            return
        if "$ref" in schema:
            yield from self.errors(value, self.find(schema["$ref"]), path)
        if "type" in schema and not self.has_type(value, schema["type"]):
            yield f"{path}: no {schema['type']}"
            return
        if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
            yield f"{path}: not a member"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                yield f"{path}: out of bounds"
        if isinstance(value, str):
            if len(value) < schema.get("minLength", 0) or len(value) > schema.get("maxLength", len(value)):
                yield f"{path}: length"
            if "format" in schema and not re.search(FORMATS[schema["format"]], value):
                yield f"{path}: {value!r} is no {schema['format']}"
            if "pattern" in schema and not re.search(schema["pattern"], value):
                yield f"{path}: {value!r} does not match {schema['pattern']}"
        if isinstance(value, dict):
            yield from self.object_errors(value, schema, path)
        if isinstance(value, list):
            if len(value) < schema.get("minItems", 0):
                yield f"{path}: too few"
            for i, item in enumerate(value):
                yield from self.errors(item, schema.get("items", {}), f"{path}/{i}")
        for part in schema.get("allOf", []):
            yield from self.errors(value, part, path)
        if "if" in schema:
            branch = "else" if list(self.errors(value, schema["if"], path)) else "then"
            yield from self.errors(value, schema.get(branch, True), path)

    def object_errors(self, value, schema, path):
        known = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}: needs {name}"
        if len(value) < schema.get("minProperties", 0) or len(value) > schema.get("maxProperties", len(value)):
            yield f"{path}: number of members"
        for name, member in value.items():
            if "propertyNames" in schema:
                yield from self.errors(name, schema["propertyNames"], f"{path}/{name}")
            if name in known:
                yield from self.errors(member, known[name], f"{path}/{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{path}: no {name}"
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from self.errors(member, schema["additionalProperties"], f"{path}/{name}")
