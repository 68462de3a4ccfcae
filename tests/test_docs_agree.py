"""Every setting that the code reads is in `.env.example` and in the README, and nothing else is."""

import ast
import re

import pytest

from tests.installs import ROOT

# Django's own, the same for everybody, and what terminals agree on.
_NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE", "NO_COLOR"}
_CODE = ("server", "notifications", "requests", "ambassadors")


def settings_read() -> set[str]:
    """The names that the code asks `server.env` or the environment for."""
    found = set()
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if name := _name_read(node):
                    found.add(name)
    return found - _NOT_SETTINGS


def _name_read(node: ast.AST) -> str:
    """`NAME` for `env.reader("NAME", ...)`, `os.environ.get("NAME")` or `os.environ["NAME"]`."""
    if isinstance(node, ast.Call) and node.args:
        called, first = ast.unparse(node.func), node.args[0]
        wanted = re.fullmatch(r"env\.\w+|os\.getenv|os\.environ\.\w+", called)
    elif isinstance(node, ast.Subscript):
        wanted, first = re.fullmatch(r"os\.environ", ast.unparse(node.value)), node.slice
    else:
        return ""
    if wanted and isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return ""


def settings_explained(file: str) -> set[str]:
    text = (ROOT / file).read_text()
    if file == "README.md":
        _, _, text = text.partition("\n## Configuration")
        text, _, _ = text.partition("\n## ")
        return {
            name
            for row in re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
            for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)
        }
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


@pytest.mark.parametrize("file", [".env.example", "README.md"])
def test_every_setting_is_explained_and_every_explained_one_exists(file: str) -> None:
    explained, read = settings_explained(file), settings_read()
    assert len(read) > 20, "the code's settings are no longer found"
    assert read - explained == set(), f"not explained in {file}"
    assert explained - read == set(), f"in {file}, but nothing reads it"


def test_env_example_can_be_read_by_a_shell_as_it_is() -> None:
    for line in (ROOT / ".env.example").read_text().splitlines():
        if re.match(r"#?[A-Z][A-Z0-9_]+=", line):
            value = line.partition("=")[2]
            assert re.fullmatch(r"'[^']*'|[\w:/.,@+-]*", value), line
