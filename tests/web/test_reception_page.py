"""/reception: a list of arrivals, each answered on its own, PPOs first; a faulty row is mended without losing the rest."""

import io
import re

import pytest
from service import nothing_held, pnc_id

LIST = "\n".join([
    "Family name\tGiven names\tDate of birth\tPNC",
    "Unlisted\tAshley\t23/7/1994\t",
    f"Brambleworth\tLucius\t17/5/1979\t{pnc_id(1999, 4567)}",
    "Someone\tElse\t1/2/1983\t01/171310A",
    "Quillfeather\tJasper Odo\t1/2/1983\t01/171310W",
    "Wrong\tYear\t1/2/83\t",
])  # fmt: skip


@pytest.fixture
def officer(browser):
    browser.sign_in("prison")
    return browser


def names(text: str) -> list[str]:
    return re.findall(r"(?s)app-mark--(\w+)\">.*?</span>\s*(\w+),", text)


def test_ppos_come_first_then_the_doubtful_then_everybody_else(officer):
    response = officer.post("/reception", pasted=LIST)
    assert response.status_code == 303
    text = officer.get(response.location).text
    assert names(text) == [
        ("flagged", "Quillfeather"), ("possible_match", "Someone"), ("former", "Brambleworth"), ("not_on_register", "Unlisted"),
    ]  # fmt: skip
    assert re.findall(r"<strong>(\d+)</strong> ([\w ]+)<", text) == [
        ("1", "PPO"), ("1", "Possible match"), ("1", "Former PPO"), ("1", "Not on the register"), ("1", "Not looked up"),
    ]  # fmt: skip


def test_each_ppo_has_actions_with_deadlines(officer):
    text = officer.get(officer.post("/reception", pasted=LIST).location).text
    assert "Tell the offender manager and the home OCU" in text
    assert re.search(r"by the end of \w+day \d+ \w+ \d{4}", text)
    assert re.search(r"by \d\d:\d\d on \w+day \d+ \w+ \d{4}", text)
    assert "Refer to CARAT" in text


def test_a_faulty_row_is_mended_without_losing_the_rest(officer, site):
    address = officer.post("/reception", pasted=LIST).location
    text = officer.get(address).text
    assert "Wrong, Year: Date of birth needs a year of four digits" in text
    assert 'href="#born-1"' in text
    before = len(site.entries())
    mended = officer.post(address, **{"family-1": "Wrong", "given-1": "Year", "born-1": "1/2/1983"})
    assert mended.location == address
    text = officer.get(address).text
    assert len(names(text)) == 5
    assert "Rows to correct" not in text
    assert len(site.entries()) == before + 1


def test_a_row_still_at_fault_stays_to_be_mended(officer):
    address = officer.post("/reception", pasted=LIST).location
    text = officer.get(officer.post(address, **{"family-1": "Wrong", "born-1": "32/1/1983"}).location).text
    assert 'value="32/1/1983"' in text
    assert len(names(text)) == 4


def test_rows_typed_pasted_and_uploaded_are_one_list(officer):
    form = {
        "family-1": "Quillfeather",
        "given-1": "Jasper",
        "born-1": "1983",
        "rows": "5",
        "pasted": "Unlisted\tAshley\t1994",
    }
    token = officer.token("/reception")
    file = (io.BytesIO(b"Surname;Forename\nBrambleworth;Lucius\n"), "van.csv")
    response = officer._open(
        "/reception", method="POST", data=form | {"csrf_token": token, "file": file}, content_type="multipart/form-data"
    )
    assert {name for _, name in names(officer.get(response.location).text)} == {
        "Quillfeather",
        "Unlisted",
        "Brambleworth",
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"PK\x03\x04workbook", "The file is not a CSV file"), (b"a,b\n" * 300, "must be smaller than 512 KB")],
)
def test_a_file_that_cannot_be_read_loses_nothing_that_was_typed(content, says, officer, monkeypatch):
    monkeypatch.setattr("flagging.web.reception.MOST_BYTES", 1000)
    token = officer.token("/reception")
    response = officer._open(
        "/reception",
        method="POST",
        data={
            "csrf_token": token,
            "family-1": "Quillfeather",
            "pasted": "Unlisted\tAshley\t1994",
            "file": (io.BytesIO(content), "van.xlsx"),
        },
        content_type="multipart/form-data",
    )
    assert response.status_code == 422
    assert says in response.text
    assert 'value="Quillfeather"' in response.text
    assert 'value="Unlisted"' in response.text


def test_more_rows_come_without_asking_anything(officer, site):
    before = len(site.entries())
    text = officer.post("/reception", more="5", pasted="Unlisted\tAshley\t1994", **{"family-1": "Quillfeather"}).text
    assert text.count('name="family-') == 7
    assert 'value="Ashley"' in text
    assert len(site.entries()) == before


def test_nobody_at_all_is_asked_for(officer):
    response = officer.post("/reception", pasted=" ")
    assert response.status_code == 422
    assert "at least one person" in response.text


def test_more_people_than_can_be_asked_at_once_are_told_and_kept(officer):
    response = officer.post("/reception", pasted="\n".join(f"Unlisted\tNumber\t19{n:02}" for n in range(50, 90)) * 3)
    assert response.status_code == 422
    assert "Check up to 100 people at a time" in response.text
    assert 'value="1989"' in response.text


def test_forty_arrivals_are_answered_and_recorded_one_by_one(officer, site):
    before = len(site.entries())
    response = officer.post("/reception", pasted="\n".join(f"Unlisted\tAshley\t{1950 + n}" for n in range(40)))
    assert len(names(officer.get(response.location).text)) == 40
    assert len(site.entries()) == before + 40


def test_no_answer_in_a_list_is_not_a_no(officer, site):
    site.parts.register.held = nothing_held()
    text = officer.get(officer.post("/reception", pasted=LIST).location).text
    assert {outcome for outcome, _ in names(text)} == {"cannot_confirm"}
    assert "This is not a no." in text
    assert "Ring" in text


def test_a_list_that_cannot_be_kept_is_shown_all_the_same(officer, parts, monkeypatch):
    monkeypatch.setattr(parts.answers, "keep", lambda *_: False)
    response = officer.post("/reception", pasted=LIST)
    assert response.status_code == 200
    assert ("flagged", "Quillfeather") in names(response.text)


def test_a_list_is_nobody_elses(officer, open_browser):
    address = officer.post("/reception", pasted=LIST).location
    other = open_browser()
    other.sign_in("prison")
    assert other.get(address).status_code == 404
    other = open_browser()
    other.sign_in("custody")
    assert other.get("/reception").status_code == 403


def test_a_list_is_no_answer_and_an_answer_no_list(officer):
    address = officer.post("/reception", pasted=LIST).location
    assert officer.get(address.replace("/reception/", "/answers/")).status_code == 404
    answer = re.search(r'href="/answers/(\w+)"', officer.get(address).text)[1]
    assert officer.get(f"/reception/{answer}").status_code == 404


def test_a_list_says_once_what_its_noes_rest_on_and_nothing_of_it_without_one(officer):
    limits = "Another name, date of birth or identifier may still lead to somebody on it."
    text = officer.get(officer.post("/reception", pasted=f"{LIST}\nUnlisted\tRobin\t2/3/1991\t").location).text
    assert text.count(limits) == 1
    assert re.search(r"register as of \d\d:\d\d on \d+ \w+ \d{4} was searched", text)
    only_a_ppo = officer.post("/reception", pasted="Quillfeather\tJasper Odo\t1/2/1983\t01/171310W").location
    assert limits not in officer.get(only_a_ppo).text
