"""What the manuals promise without anything being run: `make manuals` runs their commands."""

import re
import shlex
import sys
from pathlib import Path

import click
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from blocks import Block, WronglyMarked, blocks_of

from flagging.cli.main import main
from flagging.settings import Settings, variable_of

REPOSITORY = Path(__file__).resolve().parents[2]
README, OPERATIONS = REPOSITORY / "README.md", REPOSITORY / "docs" / "operations.md"
RULES = REPOSITORY / "config" / "prometheus" / "flagging.rules.yaml"
MANUALS = sorted([README, *(REPOSITORY / "docs").glob("*.md")])
RUN = [block for manual in (README, OPERATIONS) for block in blocks_of(manual) if block.language == "sh"]
COMMAND = re.compile(r"(?:^|[\s`(/=])flagging ((?:[a-z-]+)(?: [^`|;&#)\n]*)?)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(manual: Path) -> set[str]:
    """The anchors of a manual's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", manual.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    assert set(re.findall(r"^### (\w+)$", OPERATIONS.read_text(), re.MULTILINE)) == alerts


def test_a_runbook_says_what_the_desk_sees_and_how_one_sees_that_it_is_mended():
    runbooks = re.split(r"^### ", OPERATIONS.read_text(), flags=re.MULTILINE)[1:]
    assert len(runbooks) > 20
    for runbook in runbooks:
        name = runbook.partition("\n")[0]
        for part in ("**For the desk:**", "**Mended:**"):
            assert part in runbook, f"{name} lacks {part}"
        assert re.match(r"\n(page|ticket)\. ", runbook.partition("\n")[2]), name


def test_every_block_is_run_or_says_why_not():
    assert all(block.marks.get("not-run", "-") for block in RUN)
    assert len([block for block in RUN if block.is_run]) > 30


@pytest.mark.parametrize("mark", ["", "bash", "sh not-running=x", "json as=root"])
def test_a_block_that_nobody_could_tell_how_to_run_is_refused(tmp_path, mark):
    manual = tmp_path / "manual.md"
    manual.write_text(f"```{mark}\nls\n```\n")
    with pytest.raises(WronglyMarked):
        blocks_of(manual)


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_every_command_named_anywhere_exists_with_its_options(manual):
    faults = [fault for found in COMMAND.findall(manual.read_text()) if (fault := fault_of(found))]
    assert faults == []


def fault_of(said: str) -> str | None:
    """What is wrong with a command as a manual writes it; words in capitals and … stand for something."""
    words = shlex.split(said.replace("'", ""), comments=True) if said.count('"') % 2 == 0 else said.split()
    command: click.Command = main
    for word in words:
        if isinstance(command, click.Group):
            if word.startswith("-") or word == "…":
                return None
            known = command.get_command(click.Context(command), word)
            if known is None:
                return None if command is main and not is_meant(words) else f"no command {said!r}"
            command = known
        elif word.startswith("--"):
            option = word.partition("=")[0].rstrip("`,.]:)")
            if option not in {name for each in command.params for name in each.opts} | {"--help"}:
                return f"no option {option} in {said!r}"
    return None


def is_meant(words: list[str]) -> bool:
    """Tell a command from prose in which the service's name stands ("flagging service")."""
    return len(words) > 1 and words[1].startswith("-")


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_every_setting_named_anywhere_exists(manual):
    known = {variable_of(name) for name in Settings.__dataclass_fields__}
    named = set(re.findall(r"\bFLAGGING_[A-Z_]+[A-Z]\b", manual.read_text()))
    named -= {
        "FLAGGING_GUARD",
        "FLAGGING_OIDC",
        "FLAGGING_TEST",
        "FLAGGING_TEST_NO_SKIPS",
    }  # families, and the tests' own
    named -= {"FLAGGING_MASTER_LISTS", "FLAGGING_COMPILE"}  # asked for by compose.yaml, by setup.py
    assert {name for name in named if name not in known and name.removesuffix("_FILE") not in known} == set()


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_every_link_leads_somewhere(manual):
    for path, anchor in LINK.findall(manual.read_text()):
        if "://" in path:
            continue
        target = (manual.parent / path).resolve() if path else manual
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_every_test_named_anywhere_exists(manual):
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", manual.read_text()))
    assert {name for name in named if not (REPOSITORY / name).is_file()} == set()


@pytest.mark.parametrize("block", [block for block in RUN if block.is_run], ids=lambda block: block.place)
def test_no_secret_is_typed_on_a_command_line(block: Block):
    assert not re.search(r"--password[ =]|Bearer flg_", block.text)
