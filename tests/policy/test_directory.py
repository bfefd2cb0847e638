import pytest

OCUS = ["D1", "D2", "D3", "E1", "E2", "E3", "F1", "F2", "F3"]


def test_there_are_nine_ocus_with_a_desk_each_and_four_dip_teams_among_them(directory):
    assert sorted(directory.ocus) == OCUS
    assert len({directory.duty_desk(code).telephone for code in OCUS}) == 9
    assert len({directory.dip_team(code).name for code in OCUS}) == 4


@pytest.mark.parametrize("ocu", [None, "", "X9", "f1"])
def test_an_unknown_or_missing_ocu_gets_the_force_wide_contacts(ocu, directory):
    assert directory.duty_desk(ocu) == directory.force_duty_desk
    assert directory.dip_team(ocu) == directory.force_dip


def test_the_prison_knows_its_carat_team_and_ppo_contact(directory):
    prison = directory.prison("BMI")
    assert prison.carat.telephone != prison.ppo_contact.telephone
    assert directory.prison(None) is None
    assert directory.prison("NOWHERE") is None


def test_every_number_shipped_is_one_set_aside_for_drama(directory):
    contacts = [
        directory.force_duty_desk,
        directory.force_dip,
        *directory.services.values(),
        *(ocu.duty_desk for ocu in directory.ocus.values()),
        *(ocu.dip_team for ocu in directory.ocus.values()),
        *(contact for prison in directory.prisons.values() for contact in (prison.carat, prison.ppo_contact)),
    ]
    assert all(contact.telephone.startswith("0121 496 0") for contact in contacts)
