"""A table of words is searched as the text it is."""

import sys

import pytest

from flagging.identity.word_table import WordTable


@pytest.fixture
def table(tmp_path, monkeypatch):
    (tmp_path / "tables_of_words").mkdir()
    (tmp_path / "tables_of_words" / "__init__.py").touch()
    (tmp_path / "tables_of_words" / "words.txt").write_text("ab 1\nabc 2 3\nb 4\n\u043f\u0430 5\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield WordTable("tables_of_words", "words.txt")
    sys.modules.pop("tables_of_words", None)


@pytest.mark.parametrize(
    ("word", "values"), [("ab", ["1"]), ("abc", ["2", "3"]), ("b", ["4"]), ("\u043f\u0430", ["5"])], ids=str
)
def test_every_word_is_found(table, word, values):
    assert table.belonging_to(word) == values


@pytest.mark.parametrize("word", ["", "a", "abcd", "c", "1", "\u0430", "zz", "\U00012000", "b 4", "\n"])
def test_a_word_that_is_not_there_has_nothing(table, word):
    assert table.belonging_to(word) == []
