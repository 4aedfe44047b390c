"""docs/ARCHITECTURE.md must not tell other rules than tools/layers keeps."""

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/ARCHITECTURE.md").read_text()


def load_layers():
    path = str(ROOT / "tools/layers")
    loader = SourceFileLoader("layers", path)
    module = module_from_spec(spec_from_loader("layers", loader))
    loader.exec_module(module)
    return module


LAYERS = load_layers()
TABLE = LAYERS.read_table((ROOT / LAYERS.TABLE).read_text())
BUILT = {path.parent.name for path in ROOT.glob("src/*/meson.build")}


def documented():
    """{room: [what it may include]} of the document's table."""
    rows = {}
    for room, below in re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", TEXT, re.M):
        rows[room] = re.findall(r"[a-z]\w*(?:/[\w./]+)?", below)
    return rows


def test_the_document_has_a_row_for_every_room():
    assert set(documented()) == BUILT


def test_the_document_allows_what_the_table_allows():
    told, kept = LAYERS.closure(documented()), LAYERS.closure(TABLE)
    for room in sorted(BUILT):
        rooms, headers = kept[room]
        assert told[room] == (rooms & BUILT, headers), room


def test_every_room_has_a_readme_of_four_parts():
    for room in sorted(BUILT):
        text = (ROOT / "src" / room / "README.md").read_text()
        assert text.startswith(f"# {room}\n"), room
        parts = re.findall(r"^\*\*(.+?)\.\*\*", text, re.M)
        assert parts == ["What it is", "Rules", "Lifetimes", "Where to start"], room


def test_files_that_the_document_names_exist():
    named = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", TEXT)
    assert named
    assert [path for path in named if not (ROOT / "docs" / path).exists()] == []
