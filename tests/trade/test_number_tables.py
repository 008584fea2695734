"""Twenty good and twenty bad numbers of every kind, hand-made; and numbers made by the standards, with every slip.

The generators here are written from the standards' text and share nothing with `trade/numbers.py`.
"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade.numbers import PUBLIC_KINDS, check, mrz_check

GOOD = {
    "uscc": """91110000MATE5T3083 92120000MATE5T316Y 91130000MATE5T3241 12140000MATE5T3325
        52150000MATE5T3400 51210000MATE5T3596 53220000MATE5T367Y 11230000MATE5T3758 91310000MATE5T3839
        31320000MATE5T391E 91330000MATE5T4042 92340000MATE5T412X 91350000MATE5T4200 93360000MATE5T439T
        91370000MATE5T4470 54410000MATE5T455K 91440000MATE5T4630 91500000MATE5T4711 Y1510000MATE5T48X7
        G1650000MATE5T498W""",
    "resident_id": """110000190001010012 12000019000202002X 130000190003030037 140000190004040044
        150000190005050051 210000190006060063 220000190007070070 230000190008080088 310000190009090093
        320000190010100107 330000190011110114 340000190012120121 350000190001130131 360000190002140149
        370000190003150156 410000190004160164 440000190005170175 500000190006180187 510000190007190194
        650000190008200201""",
    "hmt_residence_permit": """810000190001010077 820000190002020084 830000190003030091 810000190004040108
        820000190005050115 830000190006060122 810000190007070134 820000190008080141 830000190009090159
        810000190010100162 82000019001111017X 830000190012120187 810000190001130191 820000190002140203
        830000190003150210 810000190004160222 82000019000517023X 830000190006180247 810000190007190259
        820000190008200262""",
    "icp": """京ICP备12345678号 京ICP备12345678号-1 沪ICP备2026000001号 沪ICP备2026000001号-12
        粤ICP备2026000002号-2A 粤ICP备2026000002号-3X 粤ICP备2026000002号-4K 蜀ICP备2026000003号-1
        陇ICP备20000001号 黔ICP备2020123456号-1 津ICP备11000001号-9 渝ICP备2024000001号-100
        琼ICP备2023000001号-1 藏ICP备2022000001号 新ICP备21000001号-2 京ICP证000001号 京ICP证000001号-3
        沪ICP证20060001号 浙ICP证2006000001号-1 闽ICP备05000001号-1""",
    "psb": """京公网安备11000002999901号 津公网安备12000002999901号 冀公网安备13000002999901号
        晋公网安备14000002999901号 蒙公网安备15000002999901号 辽公网安备21000002999901号
        吉公网安备22000002999901号 黑公网安备23000002999901号 沪公网安备31000002999901号
        苏公网安备32000002999901号 浙公网安备33000002999901号 皖公网安备34000002999901号
        闽公网安备35000002999901号 赣公网安备36000002999901号 鲁公网安备37000002999901号
        川公网安备51000002999901号 贵公网安备52000002999901号 黔公网安备52000002999901号
        滇公网安备53000002999901号 甘公网安备62000002999901号""",
    "mobile": """13000000001 13100000001 13200000001 13900000001 14500000001 14700000001 15000000001
        15900000001 16600000001 17300000001 17600000001 17700000001 18000000001 18900000001 19100000001
        19900000001 +8613800000001 008613800000001 8613800000001 138-0000-0001""",
    "landline": """010-62345678 01062345678 020-81234567 021-55550100 022-23456789 023-67890123 024-23456789
        025-84567890 027-87654321 028-85554321 029-87654321 0311-87654321 0431-8765432 0571-87654321
        0755-82345678 0898-66554433 0991-2345678 +86-571-87654321 (0571)87654321 010-62345678-8001""",
    "passport": """T1234 T12345 T123456 T1234567 T12345678 TT123456 TTT12345 123456789 12345678 1234567
        123456 12345 T0000001 A1B2C3 Z9999999 K00000001 5T0000001 t12345678 T-1234567 12T45""",
    "domain": """harbour.example harbour.cn harbour.com.cn harbour.com harbour.net harbour.top harbour.xyz
        harbour.vip harbour.公司 例子.中国 例子.测试 xn--fsqu00a.xn--0zwm56d a.cn 1.cn a-b.cn a--b.cn
        WWW.Harbour.CN harbour.cn. www.shop.harbour.cn 163.cn""",
    "hk_macau_permit": """H00000001 H00000002 H12345678 H99999999 H0000000101 H0000000102 H1234567801
        H1234567899 M00000001 M00000002 M12345678 M99999999 M0000000101 M0000000102 M1234567801 M1234567899
        h00000003 m00000003 H-00000004 M0000-0004""",
    "taiwan_permit": """00000001 00000002 00000003 00000010 00000100 00001000 00010000 00100000 01000000
        10000000 12345678 23456789 34567890 45678901 56789012 67890123 78901234 89012345 90123456 1234-5678""",
    "foreign_pr_card": """TES000000000001 TES110000190101 TES310019000101 GBR310000000001 USA110000000001
        FRA440000000001 DEU320000000001 JPN330000000001 KOR210000000001 CAN500000000001 911156190001010079
        911157190002020080 911158190003030092 911159190004040109 91116019000505011X 911161190006060121
        911162190007070133 911163190008080145 911164190009090157 911165190010100160""",
    "commercial_licence": """京B2-20260001 沪B2-20260001 粤B2-20260002 浙B2-20260003 苏B2-20260004
        川B2-20260005 蜀B2-20260005 甘B1-20260006 贵B2-20260007 京B1-20200001 B2-20260001 B1-20260001
        B2-20100001 京ICP证000001号 沪ICP证000002号 京ICP证20060001号 京ICP证2006000001号 京ICP证000001号-1
        京B2-20260001-2 京B2-2026000001""",
}
BAD = {
    "uscc": """91110000MATE5T3084 91110000MATE5T3080 91110000MATE5T308 91110000MATE5T30833
        9111O000MATE5T3083 9111I000MATE5T3083 91110000MASE5T3083 91110000MAVE5T3083 91110000MAZE5T3083
        91A10000MATE5T3083 91110000MATE5T3038 19110000MATE5T3083 91110000MTAE5T3083 91100100MATE5T3083
        110000190001010012 MATE5T308 91110000 MA_TE5T30833 91110000MATE5T308！ 企业91110000MATE5T3083""",
    "resident_id": """110000190001010013 110000190001010021 110000190010100012 101000190001010012
        11000019000101001 1100001900010100122 110000900101001 710000190001010012 000000190001010012
        990000190001010012 110000190002300011 110000190013010012 110000190000010012 110000190001320012
        11000018991231001X 11000029000101001X X10000190001010012 11000019000101O012 11000019000101001O
        T12345678""",
    "hmt_residence_permit": """110000190001010012 810000190001010078 810000190001010087 810000190010100077
        81000019000101007 8100001900010100777 840000190001010077 800000190001010077 810000190002300077
        810000190013010077 810000190000010077 810000189901010077 81000029000101007X X10000190001010077
        H12345678 12345678 8100001900010100X7 8l0000190001010077 810000-19000101-007 香港810000190001010077""",
    "icp": """京ICP备1234567号 京ICP备123456789号 京ICP备1926000001号 京ICP备12345678 京ICP备12345678-1
        ICP备12345678号 川ICP备2026000003号-1 甘ICP备20000001号 贵ICP备20000001号 港ICP备20000001号
        京ICP备12345678号-0 京ICP备12345678号-01 京ICP备12345678号-1B 京ICP备12345678号-A 京ICP备12345678号1
        京ICP证00001号 京公网安备11000002999901号 京B2-20260001 B2-20260001 京ICP12345678号""",
    "psb": """沪公网安备11000002999901号 京公网安备31000002999901号 蜀公网安备51000002999901号
        陇公网安备62000002999901号 京公网安备1100000299990号 京公网安备110000029999011号
        京公网安备11000002999901 京公网备11000002999901号 公网安备11000002999901号
        港公网安备81000002999901号 京网安备11000002999901号 京公网安备A1000002999901号 京公网安备号
        11000002999901 京ICP备12345678号 京公网安备11000002999901号-1 京公网安证11000002999901号
        京公网安备11000002999901号号 京京公网安备11000002999901号 甘公网安备11000002999901号""",
    "mobile": """12800000001 12000000001 11000000001 10000000001 1380000000 138000000011 +113800000001
        +85213800000 010-62345678 400-812-3456 03800000001 23800000001 1380000000O 1380000000l +86
        +8612800000001 8613800000 00861380000000 13800000001-1 电话13800000001""",
    "landline": """62345678 010-12345678 010-02345678 010-6234567 010-623456789 02-62345678 0212-345678
        030-62345678 400-812-3456 800-812-3456 8008123456 4008123456 13800000001 0571-123456 0571-12345678
        0571-876543210 +1-571-87654321 010-62345678- 010-62345678-1234567 O10-62345678A""",
    "passport": """T123 1234 ABCDEF ABCDE T123456789 1234567890 T1234_5 T12345! T12345/6 护照T12345 T12345护
        TÄ12345 #12345 T12.345 T12,345 -T12345 T12345- TTTTTTTTT T1 ()12345""",
    "domain": """harbour .cn cn. a..cn -a.cn a-.cn a_b.cn http://harbour.cn https://harbour.cn harbour.cn/
        harbour.cn/a harbour.cn?a harbour.cn#a harbour.cn:80 ada@harbour.cn 192.0.2.1 [2001:db8::1]
        harbour.123 xn--a.cn a!.cn""",
    "hk_macau_permit": """A12345678 C12345678 12345678 H1234567 H123456789 H12345678901 HM1234567 HH12345678
        H1234567A M1234567 M123456789 T12345678 H HMMMMMMMM 1H2345678 H12345_78 香港H12345678 R123456(7) H12
        34 5 M""",
    "taiwan_permit": """1234567 123456789 1 0 T1234567 1234567T A123456789 H12345678 ABCDEFGH 1234567X
        12345.78 1234/5678 台12345678 12345678号 1234567890 12345678901 +12345678 12_345678 12345678-
        -12345678""",
    "foreign_pr_card": """TES00000000001 TES0000000000011 T1234567 811156190001010079 91115619000101007
        9111561900010100799 011156190001010079 X11156190001010079 9X1156190001010079 91115619000101007Y
        TES_00000000001 TES00000000000号 911156190001010079X 12345678 9 TES 91115619000101.79
        91115619000101/79 永911156190001010079 9111561900O1010079""",
    "commercial_licence": """京B3-20260001 京A2-20260001 京B2-2026 京B2-2026001 京B2-202600011 京B220260001
        京B2-2026000A 港B2-20260001 中B2-20260001 京京B2-20260001 京ICP备12345678号 京ICP证00001号
        京ICP证000001 ICP证000001号 港ICP证000001号 京ICP证12345678901号 B2 京B2- 京公网安备11000002999901号
        20260001""",
}


def rows(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(kind, value) for kind, values in table.items() for value in values.split()]


@pytest.mark.parametrize("kind", PUBLIC_KINDS)
def test_every_kind_has_its_table(kind):
    assert len(set(GOOD[kind].split())) >= 20
    assert len(set(BAD[kind].split())) >= 20


@pytest.mark.parametrize(("kind", "value"), rows(GOOD))
def test_a_good_number_is_taken(kind, value):
    found = check(kind, value)

    assert found.valid, str(found.reason)
    assert check(kind, found.normalised).normalised == found.normalised


@pytest.mark.parametrize(("kind", "value"), rows(BAD))
def test_a_bad_number_is_refused_in_a_sentence(kind, value):
    found = check(kind, value)

    assert (found.valid, found.normalised) == (False, None)
    assert str(found.reason).endswith(".")


# ── Made by the standards ──

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PROVINCES = [
    str(code)
    for code in (*range(11, 16), 21, 22, 23, *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66))
]


def uscc_of(body: str) -> str:
    """GB 32100-2015: powers of 3 modulo 31."""
    weight, total = 1, 0
    for sign in body:
        total += ALPHABET.index(sign) * weight
        weight = weight * 3 % 31
    return body + ALPHABET[-total % 31]


def resident_of(body: str) -> str:
    """GB 11643-1999, which is ISO 7064 MOD 11-2: powers of 2 modulo 11, the whole sum is 1."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "0123456789X"[(1 - total) % 11]


def mrz_of(field: str) -> str:
    """ICAO Doc 9303 part 3: 7, 3, 1 in turn, modulo 10."""
    values = [int(sign) if sign.isdigit() else 0 if sign == "<" else ord(sign) - 55 for sign in field]
    return field + str(
        sum(value * weight for value, weight in zip(values, (7, 3, 1) * 20, strict=False)) % 10
    )


digits = st.text("0123456789", min_size=3, max_size=3)
births = st.dates(dt.date(1900, 1, 1), dt.date(2005, 12, 31)).map(lambda day: f"{day:%Y%m%d}")
usccs = st.tuples(
    st.sampled_from(["91", "92", "93", "11", "12", "51", "52", "53", "31", "Y1"]),
    st.sampled_from(PROVINCES),
    st.text("0123456789", min_size=4, max_size=4),
    st.text(ALPHABET, min_size=9, max_size=9),
).map(lambda parts: uscc_of("".join(parts)))


def persons(divisions: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(
        st.sampled_from(divisions), st.text("0123456789", min_size=4, max_size=4), births, digits
    ).map(lambda parts: resident_of("".join(parts)))


MADE = {
    "uscc": usccs,
    "resident_id": persons([*PROVINCES, "81", "82", "83"]),
    "hmt_residence_permit": persons(["81", "82", "83"]),
}
SIGNS = {"uscc": ALPHABET, "resident_id": "0123456789", "hmt_residence_permit": "0123456789"}
made = pytest.mark.parametrize("kind", list(MADE))


@made
@given(st.data())
def test_a_number_made_by_the_standard_is_valid(kind, data):
    number = data.draw(MADE[kind])

    assert check(kind, number)[:2] == (True, number)


@made
@given(st.data())
def test_every_slip_of_one_sign_is_refused(kind, data):
    number = data.draw(MADE[kind])
    for place, right in enumerate(number):
        last = "X" if kind != "uscc" and place == 17 else ""
        for sign in (SIGNS[kind] + last).replace(right, ""):
            slip = number[:place] + sign + number[place + 1 :]
            assert not check(kind, slip).valid, slip


@made
@given(st.data())
def test_every_swap_of_two_neighbours_is_refused(kind, data):
    number = data.draw(MADE[kind])
    for place in range(17):
        slip = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert slip == number or not check(kind, slip).valid, slip


fields = st.text("0123456789", min_size=6, max_size=9)


@given(fields)
def test_the_machine_readable_zone_sees_every_slip_of_one_digit(field):
    whole = mrz_of(field)
    assert mrz_check(field) == int(whole[-1])
    for place, right in enumerate(field):
        for sign in "0123456789".replace(right, ""):
            assert mrz_check(field[:place] + sign + field[place + 1 :]) != mrz_check(field)


@given(fields)
def test_the_machine_readable_zone_sees_the_swaps_it_can(field):
    """7, 3 and 1 differ by even numbers: neighbours that are five apart may change places unseen."""
    for place in range(len(field) - 1):
        one, two = field[place], field[place + 1]
        slip = field[:place] + two + one + field[place + 2 :]
        assert (mrz_check(slip) == mrz_check(field)) == (abs(int(one) - int(two)) in (0, 5))


# ── Second opinions ──


@given(usccs)
def test_the_published_package_agrees_on_credit_codes(number):
    """It knows fewer registering offices than the standard leaves room for; its check digit is asked alone."""
    from stdnum.cn import uscc

    assert uscc.calc_check_digit(number[:-1]) == number[-1]


@given(persons(["11", "31", "44", "51"]))
def test_the_published_package_agrees_on_resident_ids(number):
    """It also wants a known county, which `domain.md` leaves unchecked; its check digit is asked alone."""
    from stdnum.cn import ric

    assert ric.calc_check_digit(number) == number[-1]


# ── What people type instead ──


@pytest.mark.parametrize(
    ("kind", "typed", "read"),
    [
        ("mobile", "１３８ ００００ ０００１", "13800000001"),
        ("mobile", "138\u200b0000\u200b0001", "13800000001"),
        ("mobile", "138\u041e0000001", "13800000001"),
        ("uscc", "9111\u041e\u041eOO", None),
        ("uscc", "9111\u041e\u041e\u041e\u041e\u041c\u0410\u0422\u04155\u04223083", "91110000MATE5T3083"),
        ("resident_id", "12000019000202002\u0425", "12000019000202002X"),
        ("resident_id", "12000019000202002\uff38", "12000019000202002X"),
        ("passport", "\u041212345", "B12345"),
        ("passport", "\u041e12345", "O12345"),
        ("icp", "京\u0406\u0421\u0420備１２３４５６７８號－１", "京ICP备12345678号-1"),
        ("icp", "滬ICP備2026000001號", "沪ICP备2026000001号"),
        ("psb", "粵公網安備44000002999901號", "粤公网安备44000002999901号"),
        ("hk_macau_permit", "\u041d12345678", "H12345678"),
        ("commercial_licence", "京Ｂ２－２０２６０００１", "京B2-20260001"),
        ("commercial_licence", "京ICP證000001號", "京ICP证000001号"),
        ("landline", "（０２１）５５５５ ０１００", "021-55550100"),
        ("domain", "ｈａｒｂｏｕｒ。ｃｎ", "harbour.cn"),
    ],
)
def test_look_alikes_are_read_as_what_was_meant(kind, typed, read):
    assert check(kind, typed).normalised == read


def test_a_letter_that_is_a_misread_digit_is_pointed_at():
    assert "a 0" in str(check("uscc", "9111O000MATE5T3083").reason)


@pytest.mark.parametrize(
    ("name", "warns"), [("harbour.io", True), ("harbour.cn", False), ("例子.中国", False)]
)
def test_an_ending_that_is_not_filed_warns(name, warns):
    found = check("domain", name)

    assert found.valid
    assert bool(found.warning) is warns


def test_an_area_code_of_no_province_warns():
    assert check("landline", "0852-2345678").warning is None
    assert check("landline", "0360-2345678").warning
