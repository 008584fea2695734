"""A row of somebody's spreadsheet in our words: which column is what, and what stands in its cells.

Plain reading, without a database. Headings and values are known in both languages, our own exports' among them.
What is not sure is not guessed: a cell that can be read in two ways is an error with a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from cases import columns, facts, words
from cases.workflow import ENDED, ROAD, Stage
from trade import kinds
from trade.provinces import PROVINCES

# Stands for a formula, of which nothing is read.
FORMULA = "\ue000"

CLIENT, CLIENT_ZH, DOMAIN, STAGE, PROVIDER, PROVINCE = (
    "client",
    "client_zh",
    "domain",
    "stage",
    "provider",
    "province",
)
MANAGER, CONTACT, EMAIL, NOTE, REFERENCE = "manager", "contact", "email", "note", "reference"
PROMISED = "promised_on"
# Without these there is neither client nor case.
NEEDED = (CLIENT, DOMAIN)

COLUMNS: dict[str, Promise] = {
    CLIENT: pgettext_lazy("column", "Client"),
    CLIENT_ZH: pgettext_lazy("column", "Client's Chinese name"),
    DOMAIN: pgettext_lazy("column", "Domain"),
    STAGE: pgettext_lazy("column", "Stage"),
    PROVIDER: pgettext_lazy("column", "Provider"),
    PROVINCE: pgettext_lazy("column", "Province"),
    MANAGER: pgettext_lazy("column", "Manager, by name or address"),
    CONTACT: pgettext_lazy("column", "Contact's name"),
    EMAIL: pgettext_lazy("column", "Contact's e-mail"),
    "icp_number": pgettext_lazy("column", "ICP number"),
    "licensed_on": pgettext_lazy("column", "Licensed on"),
    "psb_number": pgettext_lazy("column", "PSB number"),
    "filed_on": pgettext_lazy("column", "PSB filed on"),
    "licence_number": pgettext_lazy("column", "Commercial licence number"),
    "granted_on": pgettext_lazy("column", "Commercial licence granted on"),
    PROMISED: pgettext_lazy("column", "Promised to the client for"),
    NOTE: pgettext_lazy("column", "Note for the agency"),
    REFERENCE: pgettext_lazy("column", "Our reference"),
}
DAYS = ("licensed_on", "filed_on", "granted_on")
# What a stop was given for; each number stands with its day.
RESULTS = {
    Stage.LICENSED: ("icp_number", "licensed_on"),
    Stage.PSB_FILED: ("psb_number", "filed_on"),
    Stage.COMMERCIAL_LICENSED: ("licence_number", "granted_on"),
}

# Other words for the same that stand in spreadsheets; without signs and blanks, in small letters.
_HEADINGS = {
    CLIENT: "clientname customer customername company companyname applicant entity 客户 客户名称 客户名 公司 公司名称 "
    "主办单位 主办单位名称 主体名称 单位名称 企业名称",
    CLIENT_ZH: "clientzh chinesename clientchinesename namezh 客户中文名 客户中文名称 公司中文名 中文名称 中文名",
    DOMAIN: "domainname website site url web 域名 网站域名 网址 网站 备案域名 首页网址",
    STAGE: "status state 状态 阶段 进度 备案状态 当前阶段 备案进度",
    PROVIDER: "host hosting isp cloud accessprovider 接入商 服务商 云服务商 接入服务商 云厂商",
    PROVINCE: "region location 省份 省 地区 所属省份 管局 省市 主体所在省",
    MANAGER: "accountmanager projectmanager owner pm responsible 客户经理 项目经理 负责人 跟进人 经办人",
    CONTACT: "contactname contactperson 联系人 联系人姓名 客户联系人",
    EMAIL: "email mail contactemail emailaddress 邮箱 联系邮箱 电子邮箱 联系人邮箱 电子邮件",
    "icp_number": "icp icpno icpnumber icplicence icplicense filingnumber licencenumber 备案号 icp备案号 网站备案号 "
    "服务备案号 icp号",
    "licensed_on": "licensedate licencedate icpdate approvedon 备案日期 备案通过日期 审核通过时间 审核日期 下号日期 "
    "备案时间 通过日期",
    "psb_number": "psb psbno policenumber publicsecuritynumber 公安备案号 公安联网备案号 网安备案号",
    "filed_on": "psbdate policedate 公安备案日期 公安备案时间",
    "licence_number": "commerciallicence commerciallicense icpcommercial 经营许可证号 经营许可证 icp证 icp证号 "
    "许可证号",
    "granted_on": "commercialdate 许可证日期 经营许可证日期 发证日期",
    PROMISED: "launch launchdate golive promisedfor 承诺日期 上线日期 预计上线 承诺上线",
    NOTE: "notes remark remarks comment comments 备注 说明",
    REFERENCE: "ref reference caseref 编号 案件编号",
}
_STAGES = {
    Stage.DRAFT: "new open collecting todo 草稿 待提交 资料收集 收集资料 准备中 未提交 新建",
    Stage.PROVIDER_PRE_AUDIT: "preaudit submitted 初审 接入商初审 服务商初审 阿里云初审 腾讯云初审 初审中",
    Stage.PHOTO: "curtain facecheck 拍照 幕布 人脸核验 真实性核验 核验中",
    Stage.MIIT_REVIEW: "miit review 管局审核 通管局审核 工信部审核 管局审核中 审核中 短信核验",
    Stage.LICENSED: "done approved live filed icpfiled 已备案 备案完成 已下号 已通过 备案成功 正常",
    Stage.PSB_FILED: "psb psbdone 公安备案完成 已公安备案 公安已备案",
    Stage.COMMERCIAL_LICENSED: "commercial 已取得许可证 经营许可证已办 许可证已下",
    Stage.WITHDRAWN: "dropped 已撤回 撤回 已放弃 放弃",
    Stage.CANCELLED: "canceled 已注销 注销",
}
_PROVIDERS = {
    "aliyun": "alibaba ali alicloud 阿里 阿里巴巴 万网",
    "tencent": "tencentcloud qcloud 腾讯",
    "baidu": "baiducloud 百度 百度云",
    "huawei": "huaweicloud 华为",
    "other": "other 其他 其它",
}
_ENDINGS = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "通信管理局", "管局", "省", "市")
_ROUND = re.compile(r"(?P<stage>.+?)\s*[,，]\s*\D*\d+\D*$")  # “Draft, round 2”, “草稿，第2轮”
_DASHES = {"", "-", "--", "—", "/", "\\", "n/a", "na", "none", "null", "无", "暂无", "没有"}


def folded(text: str) -> str:
    """Small letters without blanks and signs, full width as half: what two people would call the same."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def same_name(text: str) -> str:
    """A name of a client as it is compared: signs count, for they may be all that two differ by."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _in_both(text: Any) -> Iterator[str]:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            yield folded(str(text))


def _known(names: Iterable[tuple[Any, Any]], more: Mapping[Any, str]) -> dict[str, Any]:
    """Every word by which each of these is known; the first to claim a word has it."""
    found: dict[str, Any] = {}
    for code, name in names:
        for word in (folded(str(code)), *_in_both(name)):
            found.setdefault(word, code)
    for code, others in more.items():
        for word in others.split():
            found.setdefault(folded(word), code)
    return found


@cache
def _headings() -> dict[str, str]:
    # Columns of our own export that follow from the others by themselves.
    derived = [("", columns.HEADINGS[place]) for place in (0, 4, 5)]
    own = [(CLIENT, columns.HEADINGS[1]), (PROMISED, columns.HEADINGS[6])]
    own += [(MANAGER, columns.HEADINGS[8]), (REFERENCE, columns.HEADINGS[9])]
    found = _known([*COLUMNS.items(), *own, *derived], _HEADINGS)
    found.pop("", None)
    return found


@cache
def _stages() -> dict[str, Stage]:
    names = [(stage, stage.label) for stage in Stage]
    return _known([*names, *columns.SHORT_STAGES.items()], _STAGES)


def _providers() -> dict[str, str]:
    return _known([(code, row.name) for code, row in kinds.PROVIDERS.items()], _PROVIDERS)


def _provinces() -> dict[str, str]:
    return _known([(code, row.name) for code, row in PROVINCES.items()], {})


# ── Columns ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def match(headings: Iterable[str]) -> list[str]:
    """What each column is, by its heading; empty for one that is left out, as is the second of a kind."""
    known, seen, found = _headings(), {""}, []
    for heading in headings:
        code = known.get(folded(heading), "")
        found.append("" if code in seen else code)
        seen.add(code)
    return found


def heading_row(rows: Iterable[list[str]]) -> int:
    """The place of the row that names the columns: of the first ten the one with the most headings that are known."""
    counts = [sum(folded(cell) in _headings() for cell in row if cell) for row in islice(rows, 10)]
    most: int = max(counts, default=0)
    return counts.index(most) if most else 0


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Read:
    """A row in our words. `wrong` are the columns that cannot be read, each with its sentence."""

    client: str = ""
    client_zh: str = ""
    domain: str = ""
    stage: str = Stage.DRAFT
    provider: str = ""
    province: str = ""
    manager: str = ""
    contact: str = ""
    email: str = ""
    note: str = ""
    reference: str = ""
    promised_on: str = ""
    results: dict[str, str] = field(default_factory=dict)  # numbers and days, as moves take them
    wrong: list[tuple[str, str]] = field(default_factory=list)


def read(given: Mapping[str, str]) -> Read:
    """The cells of one row, by what their column is."""
    row = Read()
    cells = {}
    for name, cell in given.items():
        if cell == FORMULA:
            row.wrong.append((name, _("This is a formula. Write what it comes to.")))
        else:
            cells[name] = "" if cell.strip().casefold() in _DASHES else cell.strip()
    broken = {name for name, _said in row.wrong}
    for name in (CLIENT, CLIENT_ZH, MANAGER, CONTACT, NOTE, REFERENCE):
        setattr(row, name, cells.get(name, ""))
    _split_names(row)
    _take(row, broken, EMAIL, cells, facts.email)
    _take(row, broken, DOMAIN, cells, _domain)
    _take(row, broken, PROMISED, cells, lambda text: day(text).isoformat())
    _take_place(row, broken, cells)
    for name in COLUMNS:
        if name in DAYS and cells.get(name):
            _result(row, name, cells[name], lambda text: day(text).isoformat())
        elif name.endswith("_number") and cells.get(name):
            row.results[name] = cells[name]
    for name in NEEDED:
        if name not in broken and not cells.get(name):
            row.wrong.append((name, _("This is needed.")))
    _take_stage(row, broken, cells.get(STAGE, ""))
    return row


def _domain(text: str) -> str:
    """What is filed is the domain; spreadsheets often have the address of its home page instead."""
    plain = re.sub(r"(?i)^https?://", "", text).rstrip("/")
    if re.fullmatch(r"(?i)www\.[^./]+\..+", plain):
        plain = plain[4:]
    return facts.clean("domain", "name", plain, context={})


def _take(row: Read, broken: set[str], name: str, cells: Mapping[str, str], reading: Any) -> None:
    if name in broken or not cells.get(name):
        return
    try:
        setattr(row, name, reading(cells[name]))
    except facts.Invalid as refused:
        row.wrong.append((name, refused.errors[0]["detail"]))
    except ValueError as refused:
        row.wrong.append((name, str(refused)))


def _result(row: Read, name: str, cell: str, reading: Any) -> None:
    try:
        row.results[name] = reading(cell)
    except ValueError as refused:
        row.wrong.append((name, str(refused)))


def _split_names(row: Read) -> None:
    """“Harbour Ltd 港湾有限公司”, as our own export has it, is two names of one client."""
    if row.client_zh or not row.client:
        return
    begins = next((place for place, sign in enumerate(row.client) if "\u4e00" <= sign <= "\u9fff"), 0)
    latin, chinese = row.client[:begins].strip(), row.client[begins:].strip()
    if begins and row.client[begins - 1] == " " and latin and not re.search(r"[A-Za-z]", chinese):
        row.client, row.client_zh = latin, chinese


def _take_place(row: Read, broken: set[str], cells: Mapping[str, str]) -> None:
    """Provider and province; our own export has both in one cell."""
    provider, _dot, beside = cells.get(PROVIDER, "").partition("·")
    if provider.strip() and beside.strip() and not cells.get(PROVINCE):
        cells = {**cells, PROVINCE: beside.strip()}
    elif provider.strip() in PROVINCES and not beside:
        cells, provider = {**cells, PROVINCE: provider.strip()}, ""
    if provider.strip() and PROVIDER not in broken:
        row.provider = _providers().get(folded(provider), "")
        if not row.provider:
            row.wrong.append(
                (PROVIDER, _one_of(words.code_words("provider", code) for code in kinds.PROVIDERS))
            )
    if (place := cells.get(PROVINCE, "")) and PROVINCE not in broken:
        row.province = _province(place)
        if not row.province:
            row.wrong.append((PROVINCE, _("This is no province. Write its name, or two letters such as SH.")))


def _province(text: str) -> str:
    known, plain = _provinces(), folded(text)
    for ending in ("", *_ENDINGS):
        if plain.endswith(ending) and (found := known.get(plain.removesuffix(ending))):
            return found
    return ""


def _take_stage(row: Read, broken: set[str], text: str) -> None:
    """The stop that is named, else the last one of which there is a number; each has the numbers that made it one."""
    if STAGE in broken:
        return
    if text:
        is_again = _ROUND.match(text)
        found = _stages().get(folded(is_again["stage"] if is_again else text))
        if found is None:
            row.wrong.append((STAGE, _one_of(words.stage_name(stage) for stage in Stage)))
            return
        row.stage = found
    else:
        row.stage = next(
            (stop for stop in reversed(RESULTS) if row.results.get(RESULTS[stop][0])), Stage.DRAFT
        )
    if row.stage in ENDED:
        return
    here = ROAD.index(Stage(row.stage))
    for stop, (number, on) in RESULTS.items():
        if ROAD.index(stop) > here:
            for name in (number, on):
                if row.results.get(name):
                    told = {"stage": words.stage_name(row.stage)}
                    row.wrong.append(
                        (name, _("A case in “%(stage)s” has none yet. Which of the two is right?") % told)
                    )
            continue
        for name in (number, on):
            if not row.results.get(name) and not any(name == one for one, _said in row.wrong):
                told = {"stage": words.stage_name(row.stage)}
                row.wrong.append(
                    (name, _("A case in “%(stage)s” has one. Write it, or another stage.") % told)
                )


def _one_of(names: Iterable[str]) -> str:
    return _("Choose one of these: %(choices)s.") % {"choices": ", ".join(names)}


# ── Days ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_SHORT = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: place for place, name in enumerate(_SHORT, start=1)}
_YEAR_FIRST = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")  # day first wherever there are dots
_NAMED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[A-Za-z]*[ -,]+(\d{4})")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3})[A-Za-z]* (\d{1,2}),? (\d{4})")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.0+)?")  # days since the end of 1899, as Excel counts
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_FIRST = date(1899, 12, 30)


def day(text: str) -> date:
    """A day in one of the shapes that spreadsheets have; raises `ValueError` with a sentence."""
    plain = unicodedata.normalize("NFKC", text).strip()
    parts = _parts(plain)
    if parts is None:
        raise ValueError(_("Give the date as year-month-day, such as 2026-12-08."))
    try:
        return date(*parts)
    except ValueError:
        raise ValueError(_("There is no such day.")) from None


def _parts(plain: str) -> tuple[int, int, int] | None:
    """Year, month and day as they are written; None for no shape that is known."""
    if found := _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DOTTED.fullmatch(plain):
        return int(found[3]), int(found[2]), int(found[1])
    if found := _NAMED.fullmatch(plain):
        return int(found[3]), _MONTHS.get(found[2].lower(), 0), int(found[1])
    if found := _NAMED_FIRST.fullmatch(plain):
        return int(found[3]), _MONTHS.get(found[1].lower(), 0), int(found[2])
    if _SERIAL.fullmatch(plain):
        counted = _FIRST + timedelta(days=int(plain.partition(".")[0]))
        return counted.year, counted.month, counted.day
    if found := _SLASHED.fullmatch(plain):
        first, second = int(found[1]), int(found[2])
        if first != second and first <= 12 and second <= 12:
            raise ValueError(_("Day or month first? Write it as year-month-day, such as 2026-12-08."))
        return (int(found[3]), second, first) if first > 12 else (int(found[3]), first, second)
    return None
