"""Settings: declared, overridden by the environment, refused when unknown or of the wrong kind."""

from __future__ import annotations

import pytest

from web.numbers import count, metres, people, share
from web.settings import PREFIX, SETTINGS, SettingError, read_settings


def test_every_setting_has_its_default_and_takes_its_variable() -> None:
    plain = read_settings({})
    assert set(plain) == {setting.name for setting in SETTINGS}
    for setting in SETTINGS:
        text = "7" if isinstance(setting.default, int) else "seven"
        changed = read_settings({PREFIX + setting.name: text})
        assert str(changed[setting.name]).endswith(text)
        assert {k: v for k, v in changed.items() if k != setting.name} == {
            k: v for k, v in plain.items() if k != setting.name
        }


@pytest.mark.parametrize(
    "environment", [{"LIFECIRCLE_PROT": "1"}, {"LIFECIRCLE_PORT": "many"}, {"LIFECIRCLE_PORT": "-1"}]
)
def test_a_wrong_setting_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=next(iter(environment))):
        read_settings(environment)


def test_other_variables_are_nobodys_business() -> None:
    assert read_settings({"PATH": "x", "LIFE": "y"}) == read_settings({})


def test_numbers_read_as_each_language_writes_them() -> None:
    assert (people(12_400, "zh"), people(12_400, "en")) == ("1.24 万人", "12,400")
    assert (people(5_210, "zh"), people(49, "zh"), people(0, "zh")) == ("5,210 人", "不足 50 人", "0 人")
    assert (count(12_400), count(49), count(0)) == ("12,400", "<50", "0")
    assert (share(0.614), share(None), share(float("nan"))) == ("61%", "—", "—")
    assert (metres(850, "zh"), metres(1200, "en"), metres(None, "en")) == ("850 米", "1.2 km", "—")
