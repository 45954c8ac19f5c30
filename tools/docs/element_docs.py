#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes docs/elements/*.md out of the built elements and the doc sections of their sources.

usage: element_docs.py SOURCE_ROOT TARGET_FOLDER; GST_PLUGIN_PATH must lead to the built plugins.
"""
import pathlib
import re
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

PLUGINS = ["mpqconventional", "mpqneural"]
SHARED = ["location", "post-messages", "results"]  # properties that every element has
INTEGERS = {"gint", "guint", "gint64", "guint64", "glong", "gulong"}


def doc_section(source_root, element):
    """(paragraphs as Markdown, launch line) of the comment in the element's source."""
    source = next((source_root / "plugins").glob(f"*/{element}.cpp"))
    comment = re.search(rf"/\*\*\n \* SECTION:element-{element}\n(.*?)\n \*/", source.read_text(), re.DOTALL)
    if comment is None:
        sys.exit(f"{source} has no section element-{element}")
    text = re.sub(r"^ \* ?", "", comment.group(1), flags=re.MULTILINE)
    text = re.sub(r"^@title:.*\n", "", text).strip()
    body, _, example = text.partition("## Example launch line")
    launch = re.search(r"\|\[\n(.*?)\n\]\|", example, re.DOTALL)
    if launch is None:
        sys.exit(f"{source} has no example launch line")
    return body.strip(), launch.group(1)


def pads(factory):
    lines = ["| pad | direction | presence | caps |", "| --- | --- | --- | --- |"]
    for template in sorted(factory.get_static_pad_templates(), key=lambda t: t.name_template):
        caps = "<br>".join(wrapped(s) for s in template.get_caps().to_string().split("; "))
        lines.append(f"| `{template.name_template}` | {template.direction.value_nick} | "
                     f"{template.presence.value_nick} | {caps} |")
    return lines


def wrapped(caps):
    """Caps without what goes without saying: types, and the tail of lists that grow with GStreamer's version."""
    plain = re.sub(r"\((?:string|int|fraction|boolean)\)", "", caps)
    plain = plain.replace("2147483647/1", "max").replace("2147483647", "max").replace("0/1", "0")
    plain = re.sub(r"\{ ((?:[^,}]+, ){3})(?:[^,}]+, ){9,}[^}]+\}", r"{ \1... }", plain)
    return "`" + plain.replace("|", "\\|") + "`"


def number(value, spec):
    limits = {"guint64": 2**64 - 1, "gint64": 2**63 - 1, "gint": 2**31 - 1}
    if spec.value_type.name in INTEGERS:
        return "no limit" if value == limits.get(spec.value_type.name) else str(value)
    return f"{value:g}"


def enum_values(spec, element):
    """Number -> value of an enumeration. Versions of PyGObject differ in what the spec itself tells of it."""
    enum = type(element.get_property(spec.name))
    values = enum.__enum_values__.values() if hasattr(enum, "__enum_values__") else enum
    return {int(value): value for value in values}


def type_of(spec, element):
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return "<br>".join(f"`{v.value_nick}`: {v.value_name}" for v in enum_values(spec, element).values())
    if hasattr(spec, "minimum"):
        kind = "integer" if spec.value_type.name in INTEGERS else "number"
        return f"{kind}, {number(spec.minimum, spec)} to {number(spec.maximum, spec)}"
    return {"gboolean": "boolean", "gchararray": "text", "GstStructure": "structure",
            "GstValueArray": 'numbers, as in "<0.5, 0.5>"'}.get(
        spec.value_type.name, spec.value_type.name)


def default_of(spec, element):
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        return ""
    value = getattr(spec, "default_value", None)  # PyGObject 3.50 has none for arrays
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return f"`{enum_values(spec, element)[int(value)].value_nick}`"
    if spec.value_type.name == "gboolean":
        return "true" if value else "false"
    return number(value, spec) if hasattr(spec, "minimum") else (value or "empty")


def mutability(spec):
    flags = int(spec.flags)
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        return "read only"
    if flags & int(Gst.PARAM_MUTABLE_PLAYING):
        return "at any time"
    return "up to READY"


def properties(element):
    """Rows of the element's own properties, then those that all elements have, then the inherited names."""
    own, inherited = [], {}
    for spec in element.list_properties():
        if spec.owner_type == element.__gtype__:
            own.append(spec)
        elif spec.name not in ("name", "parent"):
            inherited.setdefault(spec.owner_type.name, []).append(spec.name)
    own.sort(key=lambda spec: (spec.name in SHARED, spec.name))
    lines = ["| property | value | default | may change | what it does |", "| --- | --- | --- | --- | --- |"]
    for spec in own:
        lines.append(f"| `{spec.name}` | {type_of(spec, element)} | {default_of(spec, element)} | {mutability(spec)} | "
                     f"{spec.blurb} |")
    for owner, names in sorted(inherited.items()):
        lines += ["", f"From {owner}: " + ", ".join(f"`{name}`" for name in sorted(names)) + "."]
    return lines


def page(source_root, factory):
    name = factory.get_name()
    body, launch = doc_section(source_root, name)
    heading = f"# {name}"
    return "\n".join([heading, "", f"{factory.get_metadata('long-name')} ({factory.get_metadata('klass')}).", "",
                      body, "", "```", launch, "```", "", "## Pads", "", *pads(factory), "", "## Properties", "",
                      *properties(factory.create(None)), "",
                      "Results and their fields: [results.md](../results.md).", ""])


def index(factories):
    lines = ["# Elements", "", "Made from the elements themselves by `tools/docs/element_docs.py`.", "",
             "```",
             " photographs,    +---------+   coded   +---------+   coded   +---------+   decoded",
             " video, sound ---| encoder |-----------| mpqrate |-----------| decoder |---------+",
             "       |         +---------+           +---------+           +---------+         | dist_0",
             "       |                                                                   +-----v----+",
             "       +-------------------------------------------------------------------> mpqpsnr  |---> src",
             "                                                                 ref_sink  +----------+",
             "```", "",
             "Every one of them works beside any other GStreamer element: `mpqrate` counts any encoder's output,",
             "`mpqpsnr` scores any decoder's.", "", "| element | what it is for |", "| --- | --- |"]
    for factory in factories:
        lines.append(f"| [{factory.get_name()}]({factory.get_name()}.md) | {factory.get_metadata('description')} |")
    return "\n".join(lines + [""])


def main(source_root, target):
    Gst.init(None)
    registry = Gst.Registry.get()
    factories = [f for plugin in PLUGINS for f in registry.get_feature_list_by_plugin(plugin)
                 if isinstance(f, Gst.ElementFactory)]
    if not factories:
        sys.exit(f"none of the plugins {PLUGINS} is found: is GST_PLUGIN_PATH set?")
    factories = sorted((f.load() for f in factories), key=lambda f: f.get_name())
    target.mkdir(parents=True, exist_ok=True)
    for factory in factories:
        (target / f"{factory.get_name()}.md").write_text(page(source_root, factory), encoding="utf-8")
    (target / "README.md").write_text(index(factories), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
