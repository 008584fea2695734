"""Who works at the demo agency and for whom: names, addresses and numbers are plainly invented."""

from __future__ import annotations

from typing import Any

PASSWORD = "portal-demo"  # noqa: S105 (opens only where PORTAL_DEMO is set and on a loopback address)
AGENCY = {
    "name": "Plain Example Agency",
    "name_zh": "朴例代理",
    "phone": "021 5555 0100",
    "sender": "portal@agency.example",
}
STAFF = [
    ("manager@agency.example", "Mei Chen", "陈梅", "manager"),
    ("staff@agency.example", "Wen Zhao", "赵文", "specialist"),
    ("admin@agency.example", "Lin Zhou", "周琳", "administrator"),
]
# key, name, Chinese name, contact's e-mail, contact's name, their language
CLIENTS = [
    (
        "harbour",
        "Harbour Example Trading (Shanghai) Co., Ltd.",
        "港湾示例贸易（上海）有限公司",
        "client@harbour.example",
        "Ada Winter",
        "en",
    ),
    (
        "lotus",
        "Lotus Example Tea (Hangzhou) Co., Ltd.",
        "莲花示例茶业（杭州）有限公司",
        "client@lotus.example",
        "Bo Lin 林波",
        "zh-hans",
    ),
    ("cedar", "Cedar Example Furniture", "雪松示例家具有限公司", "contact@cedar.example", "Cora Field", "en"),
    ("tide", "Tide Example Logistics", "潮汐示例物流有限公司", "contact@tide.example", "Dan River", "en"),
    ("meadow", "Meadow Example Foods", "草原示例食品有限公司", "contact@meadow.example", "Eva Stone", "en"),
    (
        "lantern",
        "Lantern Example Culture",
        "灯笼示例文化有限公司",
        "contact@lantern.example",
        "Fang Yu 方宇",
        "zh-hans",
    ),
    (
        "summit",
        "Summit Example Instruments",
        "高峰示例仪器有限公司",
        "contact@summit.example",
        "Gus Hill",
        "en",
    ),
    (
        "willow",
        "Willow Example Design",
        "杨柳示例设计有限公司",
        "contact@willow.example",
        "Hua Mei 华美",
        "zh-hans",
    ),
]
# Province, the company's number, its landline, the number of its head's ID
NUMBERS = {
    "harbour": ("SH", "91310000MATE5T017D", "021-55550100", "T12345678"),
    "lotus": ("ZJ", "91330000MATEAT022X", "0571-55550102", "110000190001010012"),
    "cedar": ("BJ", "91110000MATECT031M", "010-55550103", "T22345678"),
    "tide": ("GD", "91440000MATE2T0456", "020-55550104", "T32345678"),
    "meadow": ("SH", "91310000MATE3T0598", "021-55550105", "T42345678"),
    "lantern": ("SC", "91510000MATE4T062Q", "028-55550106", "110000190001010020"),
    "summit": ("GD", "91440000MATE6T071U", "020-55550107", "T52345678"),
    "willow": ("ZJ", "91330000MATE7T0856", "0571-55550108", "110000190001010039"),
}
CHARACTERS = {
    "SH": ("沪", "沪", "31"),
    "ZJ": ("浙", "浙", "33"),
    "BJ": ("京", "京", "11"),
    "GD": ("粤", "粤", "44"),
    "SC": ("蜀", "川", "51"),
}
PROVIDERS = ["aliyun", "tencent", "baidu", "huawei"]


def facts(client: str, place: int, domain: str, *, has_revenue: bool) -> dict[str, Any]:
    """All that handing in asks for, as `PATCH` takes it."""
    _key, name, name_zh, email, contact, language = next(row for row in CLIENTS if row[0] == client)
    province, company_number, landline, id_number = NUMBERS[client]
    foreign = language == "en"
    person = {
        "is_legal_representative": True,
        "name": contact,
        "nationality": "GB" if foreign else "CN",
        "id_kind": "passport" if foreign else "resident_id",
        "id_number": id_number,
        "id_valid_until": "2031-01-01",
        "birth_date": "1900-01-01",
        "email": email,
        "mobile": f"1380000{place:04d}",
        "landline": landline,
        "address": "样本路1号200室",
    }
    return {
        "provider": PROVIDERS[place % 4],
        "province": province,
        "service": "website",
        "platform_email": email,
        "subject": {
            "kind": "enterprise",
            "name": name,
            "name_zh": name_zh,
            "id_kind": "business_licence",
            "id_number": company_number,
            "certificate_address": "样本路1号200室",
            "contact_address": "样本路1号200室",
            "registered_in_mainland": True,
            "licence_status": "active",
        },
        "head": person,
        "domain": {
            "name": domain,
            "owner": "subject",
            "registrar": "provider",
            "verified": True,
            "verified_on": "2026-01-05",
            "expires_on": "2029-01-01",
            "resolves": False,
        },
        "server": {
            "service_number": f"0000aaaa-1111-bbbb-{place:04d}",
            "instance": f"i-demo-{client}-{place % 2}",
            "location": "mainland",
            "prepaid_months": 12,
            "public_ip": True,
        },
        "site": {
            "name": name_zh.partition("（")[0].removesuffix("有限公司"),
            "languages": ["zh", "en"],
            "content": ["company"],
            "revenue": has_revenue,
        },
    }


# client, domain, where the case stands today, days since it began, does the site earn money
Story = tuple[str, str, str, int, bool]
CASES: list[Story] = [
    ("harbour", "harbour.example", "miit_sms", 24, False),
    ("harbour", "harbour-shop.example", "draft_redo", 12, True),
    ("harbour", "harbour-help.example", "draft_new", 2, False),
    ("harbour", "harbour-news.example", "psb_filed", 120, False),
    ("lotus", "lotus.example", "draft_sent", 6, False),
    ("lotus", "lotus-tea.example", "pre_audit", 9, True),
    ("lotus", "lotus-shop.example", "licensed", 60, True),
    ("lotus", "lotus-club.example", "draft_redo", 15, False),
]
_OTHERS = ["cedar", "tide", "meadow", "lantern", "summit", "willow"]
_STANDS = [
    ("draft_new", 3), ("draft_sent", 8), ("draft_redo", 21), ("draft_ready", 7), ("pre_audit", 10),
    ("pre_audit_late", 16), ("photo", 12), ("photo_late", 25), ("miit", 30), ("miit_late", 70), ("licensed", 45),
    ("licensed_late", 95), ("psb_filed", 150), ("commercial_wait", 160), ("commercial", 240), ("held", 20),
    ("withdrawn", 40), ("cancelled", 300),
]  # fmt: skip
CASES += [
    (_OTHERS[place % 6], f"{_OTHERS[place % 6]}{place // 6 + 1}.example", stand, days, "commercial" in stand)
    for place, (stand, days) in enumerate(_STANDS * 2)
]
CASES.append(("lotus", "lotus-house.example", "psb_wait", 30, False))
