"""What people do on every platform: each command in some path, with its forms, its buttons and what comes of it.

The paths are walked in this order, in one workspace, whose source `shop` has a week of four commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.conftest import PROVE
from tests.stories.walk import KOREAN, OTHER, Step, comes, fill, press, say
from tests.support.model_provider import Provider

_ROWS = "id,region,amount,at\n1,kr,12000,2026-11-09\n2,us,30000,2026-11-12\n3,kr,8000,2026-11-03\n"
_WEEK, _BEFORE = "window=2026-11-09..2026-11-16", "window=2026-11-02..2026-11-09"
_REPORT = ("9–15 Nov 2026", "Commits 4 (+3)", "feature/old-search", "Read: shop 1/1")


def settled(folder: Path, provider: Provider) -> dict[str, str]:
    """Put beside a bot what the paths need; return what that is called."""
    (folder / "sales.csv").write_text(_ROWS)
    return {"folder": str(folder), "model_url": provider.url_of("custom"), "model_key": provider.key}


_SOURCES = (
    say("/source list", "Sources", "shop", "not read yet"),
    say("/source add", asks=("Kind", "Name")),
    fill({"kind": "svn", "name": "site"}, "the kinds are", asks=("Kind", "Name")),
    fill({"kind": "git", "path": "/etc"}, "not under a directory", asks=("Kind", "Name", "Path")),
    fill({"path": "shop"}, "Source site added.", "/source sync site"),
    press("Show", "Source site", "Kind git", "State not read yet", "Owner Mina", "Records 0"),
    press("Test", "Source site can be read."),
    say("/source test site", "Source site can be read."),
    say("/source sync site", "Source site is read: 11 records"),
    say("/source edit site", asks=("Source", "Name", "Path")),
    fill({"name": "web-site"}, "Source web-site changed."),
    say("/source show web-site", "Records 11", "Newest commit 13 Nov 2026"),
    say("/source remove web-site", "Source web-site removed."),
    say("/source show web-site", "There is no source called web-site.", "/source list"),
    say("/source list", "shop", lacks=("web-site",)),
)

_FIGURES = (
    say("/source add file name=sales", asks=("File or folder", "Figures")),
    fill(
        {
            "path": "{folder}/sales.csv",
            "key": "id",
            "at": "at",
            "labels": "region = region",
            "numbers": "amount = amount",
            "figures": 'sales "Sales" (unit=krw by=region) = sum amount',
        },
        "Source sales added.",
    ),
    say("/source figure sales best", asks=("What asks for it", "Title")),
    fill({"query": "max amount", "title": "Best order", "unit": "krw"}, "The figures of sales changed."),
    say("/source figures sales", "sum amount", "best", "max amount"),
    say(f"/report run business source=sales {_WEEK}", "follows when it is done"),
    comes("alone", "Sales ₩42,000 (+₩34,000)", "Best order ₩30,000"),
    say("/source forget sales best", "The next report is without it."),
    say("/source figures sales", "sum amount", lacks=("max amount",)),
    say("/source remove sales", "Source sales removed."),
    say("/source add custom name=pushed", "Source pushed added."),
    say("/source hook pushed", "can be pushed to", "/webhooks/custom/", "whsec_", "not shown again"),
    press("Show what came", "pushed", lacks=("whsec_",)),
    say("/source unhook pushed", "no longer pushed to"),
    say("/source remove pushed", "Source pushed removed."),
)

_POSTS = (
    say("/destination list", "There is no destination yet."),
    say("/destination add {platform}", asks=("Channel",)),
    fill({"channel": "#eng"}, "Destination #eng added.", "destinations=me,#eng"),
    press("Send a test", "A test was sent to #eng."),
    comes("channel", "Reports will come here"),
    say("/destination test #eng", "A test was sent to #eng."),
    say("/destination edit #eng", asks=("Name", "Channel")),
    fill({"name": "#team"}, "Destination #team changed."),
    say("/destination show #team", "Destination #team", "State open", "Mina"),
    say("/destination list", "#team", "open"),
    say(f"/report run weekly source=shop people=no {_WEEK}", "follows when it is done"),
    comes("alone", *_REPORT),
    say("/destination pause #team", "Destination #team is paused."),
    say("/report post last #team", "is on its way to #team"),
    say("/destination show #team", "paused"),
    say("/destination resume #team", "Destination #team is sent to again."),
    comes("channel", *_REPORT),
    say("/report resend last", "needs to be sent again"),
    say('/ask question "how many commits?"', "is being answered"),
    comes("channel", "Commits: 4; 1 the week before (+3)."),
    say("/ask stop", "No question of yours is being answered."),
    say("/report new name=posted template=weekly destinations=#team", "Report posted saved."),
    say("/destination remove #team", "Reports go to #team: posted.", "destinations=me"),
    say("/report delete posted confirmed=yes", "Report posted deleted."),
    say("/destination remove #team", "Destination #team removed."),
    say("/destination list", "There is no destination yet."),
)

_REPORTS = (
    say("/report new", asks=("Name", "Template")),
    fill(
        {"name": "web", "template": "weekly", "source": "shop", "window": _WEEK.removeprefix("window=")},
        "Report web saved.",
        "Template weekly",
        "Sources shop",
        "View development",
        "State active",
    ),
    say("/report list", "web", "active", "none yet", "Run one with /report run weekly."),
    say("/report edit web", asks=("Name", "Template"), lacks=("needs",)),
    fill({"view": "management", "zone": "Mars/Base"}, "no time zone", asks=("Time zone",), lacks=("does not fit",)),
    fill({"zone": "Asia/Seoul"}, "Report web changed.", "Time zone Asia/Seoul", "View management"),
    say("/report edit web", asks=("Name",)),
    fill({"description": "For the team"}, "Report web changed.", "For the team", "Time zone Asia/Seoul"),
    say(f"/report run web {_BEFORE}", "follows when it is done"),
    comes("alone", "2–8 Nov 2026", "Commits 1", "Read: shop 1/1"),
    say("/report show web", "Report web", "Newest run"),
    press("Run it", "web, 9–15 Nov 2026", keeps=r"Run (?P<run>\w{4}):"),
    comes("alone", *_REPORT, "run {run}"),
    say("/report history web", "{run}", "done"),
    press("Show {run}", *_REPORT),
    press("Compare", "{run}"),
    say("/report diff {run}", "{run}"),
    say("/report show last", *_REPORT, "run {run}"),
    say("/report why last", "Commits", "4, from 4 records", "0.40"),
    press("Why 1?", "feature/old-search", "34 calendar days", "Together 0.40"),
    say("/report why last commits", "Commits", "Fix the checkout"),
    say("/report verify last", "Run {run} is identical."),
    say("/report timeline last", "Timeline of run {run}", "Collect", "The slowest step"),
    say("/report export last csv"),
    comes("file", "weekly-2026-11-09-{run}.csv"),
    say("/report cancel last", "Run {run} is over already."),
    say("/report pause web", "Report web is paused."),
    say("/report run web", "Report web is paused.", "/report resume web"),
    say("/report list state=paused", "web", "paused"),
    say("/report resume web", "Report web can be run again."),
    say("/report show web", "There is no run called web.", who=OTHER),
    say("/report share web {to_jun} view", "{jun} may see and run report web."),
    say("/report show web", "Report web", "management", who=OTHER),
    say("/report edit web", "is for people with the role editor or higher; yours is viewer", who=OTHER),
    say("/report share web {to_jun} no", "Report web is not shared with {jun}."),
    say("/report show web", "There is no run called web.", who=OTHER),
    say("/report missed", "Nothing was missed."),
    say("/report delete web", "Delete report web?"),
    press("Delete", "Report web deleted."),
    press("Undo", "Report web is back."),
    say("/report delete web", "Delete report web?"),
    press("Delete", "Report web deleted."),
    say("/report list", lacks=("management",)),
    say("/report restore web", "Report web is back.", "View management"),
    say('/report propose "every weekday at 10 post commits and branches here"', asks=("Name", "Template")),
    fill({"name": "proposed"}, "Report proposed saved.", "Destinations #eng", "every weekday at 10:00", "Next times"),
    say("/report delete proposed confirmed=yes", "Report proposed deleted."),
)

_SCHEDULES = (
    say("/report new name=days template=daily source=shop", "Report days saved."),
    say("/schedule add days", asks=("When",)),
    fill({"when": "whenever it rains"}, "whenever it rains", asks=("When",)),
    fill({"when": "mondays 9:00"}, "days", "every Monday at 09:00", "Next times", keeps=r"Schedule (?P<days>#\d+)"),
    say("/schedule list", "{days}", "days", "active"),
    say("/schedule next {days} 2", "every Monday at 09:00", "Monday, "),
    say("/schedule edit {days}", asks=("Schedule", "When")),
    fill({"when": "fridays 16:00"}, "Schedule {days} changed.", "every Friday at 16:00"),
    say("/schedule pause {days}", "Schedule {days} is paused.", "paused: Mina"),
    say("/schedule list", "{days}", "paused"),
    say("/schedule resume {days}", "Schedule {days} fires again.", "State active"),
    say("/schedule run {days}", "It goes where the schedule sends it"),
    comes("alone", "Engineering day", "Read: shop 1/1"),
    say("/schedule remove {days}", "Remove schedule {days} of days?"),
    press("Remove", "Schedule {days} is removed."),
    say("/schedule next {days}", "There is no schedule {days} here."),
)

_TEMPLATES = (
    say("/template list", "operations", "weekly · Engineering week", "for one week of work"),
    say("/template show weekly", "Engineering week", "Window last week", "Sections figures"),
    press("Preview", "Preview: Engineering week"),
    say(f"/template preview weekly {_WEEK} source=shop", "Preview: Engineering week", "Commits 4 (+3)"),
    say("/template clone weekly my-week", "Template my-week is a copy of weekly."),
    press("Share", "All members may use template my-week now."),
    say("/template share my-week no", "Only its owner and admins may use template my-week now."),
    say("/template edit my-week", asks=("Manifest",)),
    fill({"manifest": "title = 7"}, asks=("Manifest",)),
    say("/template edit my-week", "version 1", asks=("Manifest",)),
    fill({}, "Template my-week is at version 2."),
    say("/template new", asks=("Name", "Manifest")),
    fill({"name": "shop-week"}, "Template shop-week is made."),
    say("/template delete my-week", "Delete template my-week with all its versions?"),
    press("Delete", "Template my-week is deleted."),
    say("/template show my-week", "There is no template called “my-week”."),
)

_TARGETS = (
    say("/target list", "There is no target yet."),
    say("/target set", asks=("Metric", "Bound")),
    fill({"metric": "commits", "bound": "many"}, asks=("Metric", "Bound")),
    fill({"bound": "at least 5"}, "Target set: Commits at least 5."),
    press("Targets", "Commits", "at least 5"),
    say(f"/report run weekly source=shop {_WEEK}", "follows when it is done"),
    comes("alone", "Commits 4 (+3)", "missed by 1"),
    say("/target list", "missed", "missed by 1"),
    say("/target remove commits", "The target for Commits is removed."),
    say("/target list", "There is no target yet."),
)

_MODELS = (
    say("/model list", "claude-sonnet"),
    say("/model add custom", asks=("Kind", "Name", "Address", "Model")),
    fill(
        {"name": "own", "url": "{model_url}", "model": "own-1", "api_key": "{model_key}"},
        "Model own added.",
        "model=own",
        lacks=("CANARY",),
    ),
    press("Try own", "own answers.", "own-1"),
    say("/model test own", "own answers."),
    say("/model edit own", asks=("Model", "Address"), lacks=("CANARY",)),
    fill({"usd_read": "1.5"}, "Model own changed."),
    say("/model list", "own-1", "$1.50 read"),
    say("/model remove own", "Model own removed."),
    say("/model list", lacks=("own-1",)),
)

_ARB = (
    say("/arb me", "You here", "{platform}:", who=OTHER),
    say("/arb help", "What you can say", "/schedule"),
    press("/report", "Run a report now."),
    say("/arb start", "Add a repository: /source add git", "/report run weekly"),
    press("Language and time zone", asks=("Language", "Time zone")),
    fill({"zone": "Asia/Tokyo"}, "Time zone Asia/Tokyo"),
    say("/arb status", "How things stand", "Sources 1", "Failing none"),
    press("Sources", "shop"),
    say("/arb doctor", "Database", "SQLite can be written", "Source shop", "Model claude"),
    say("/arb home", "Your reports and schedules", "web"),
    press("New report", asks=("Name", "Template")),
    say("/arb me", "You here", "Role owner", "{platform}:"),
    press("My data"),
    comes("file", "me.json"),
    say("/arb me zone=Asia/Seoul hours=09:00-18:00", "Time zone Asia/Seoul", "Working hours 09:00-18:00"),
    say("/arb me hours=25:00-26:00", "two times such as 09:00-18:00"),
    say("/arb members", "Mina", "{jun}", "tied to nobody here", "jun@acme.example"),
    say("/arb role {to_jun} editor", "{jun}: viewer → editor"),
    say("/arb link", "A code for you", keeps=r"/arb link (?P<code>\w+)"),
    say("/arb link {code}", "Become one with Mina", who=OTHER),
    say("/arb link git mina@acme.example", "Commits of mina@acme.example are by Mina"),
    say("/arb unlink mina@acme.example", "mina@acme.example is no longer Mina"),
    say("/arb settings", asks=("Language", "Time zone")),
    fill({"stale_days": "none at all"}, asks=("Days until a branch is stale",)),
    fill({"stale_days": "9"}, "Settings changed.", "Days until a branch is stale", "14", "9"),
    say("/arb usage 30", "Usage in 30 days", "Went well 100%"),
    say("/arb keys new ci", "API key ci made.", "arb_", "not shown again"),
    say("/arb keys rotate ci", "API key ci made anew.", "arb_"),
    say("/arb keys revoke ci", "API key ci revoked."),
    say("/arb keys", "ci", "revoked"),
    say('/arb audit what="arb keys"', "/arb keys", "what=revoke", "The chain of all entries is whole."),
    say("/arb audit what=nothing", "No entry is like that."),
    say("/arb audit since=7d export=yes"),
    comes("file", "audit.csv"),
    say("/arb backup", "A backup was made", "SHA-256"),
)


_KOREAN = (
    say("/arb start", "팀의 보고서", "저장소를 추가하세요: /source add git"),
    press("언어와 시간대", asks=("언어", "시간대")),
    say("/arb help", "쓸 수 있는 명령", "보고서의 틀입니다."),
    say("/arb status", "지금 상태", "소스 1", "실패 중 없음"),
    say("/source add", asks=("종류", "이름")),
    fill({"kind": "git", "name": "가게", "path": "/etc"}, "경로 /etc는", asks=("종류", "이름", "경로")),
    fill({"path": "shop"}, "소스 가게를 추가했습니다."),
    say("/source test 가게", "소스 가게를 읽을 수 있습니다."),
    say("/source sync 가게", "소스 가게를 읽었습니다. 기록 11건"),
    say("/source remove 가게", "소스 가게를 지웠습니다."),
    say("/report new", asks=("이름", "템플릿")),
    fill(
        {"name": "주간", "template": "weekly", "source": "shop", "window": "2026-11-09..2026-11-16"},
        "보고서 주간을 저장했습니다.",
        "관점 개발",
        "상태 사용 중",
    ),
    say("/report edit 주간", asks=("이름", "템플릿")),
    fill({"zone": "Mars/Base"}, "시간대 이름이 아닙니다", asks=("시간대",)),
    fill({"zone": "Asia/Seoul"}, "보고서 주간을 바꾸었습니다.", "시간대 Asia/Seoul"),
    press("실행", "주간, 2026년 11월 9–15일"),
    comes("alone", "2026년 11월 9–15일", "커밋 4 (+3)", "2명이 커밋 4건을 작성했습니다."),
    say("/report why last", "우선순위", "근거가 된 기록은 4건이며"),
    say("/report verify last", "다시 만들어도 똑같습니다."),
    say("/report timeline last", "시간표", "가장 오래 걸린 단계"),
    say("/report history 주간", "주간", "완료"),
    say("/report pause 주간", "보고서 주간은 멈춰 있습니다."),
    say("/report run 주간", "보고서 주간은 멈춰 있습니다.", "/report resume 주간"),
    say("/report resume 주간", "보고서 주간을 다시 실행할 수 있습니다."),
    say("/report missed", "놓친 것이 없습니다."),
    say("/schedule add 주간", asks=("시각", "보낼 곳")),
    fill({"when": "매주 월요일 9시"}, "매주 월요일 09:00", "다음 실행", keeps=r"일정 (?P<mine>#\d+)"),
    say("/schedule list", "{mine}", "주간", "사용 중"),
    say("/schedule next {mine}", "주간의 일정 {mine}: 매주 월요일 09:00"),
    say("/schedule edit {mine}", asks=("일정", "시각")),
    fill({"when": "매주 금요일 오후 4시"}, "매주 금요일 16:00"),
    say("/schedule pause {mine}", "멈췄습니다."),
    say("/schedule remove {mine}", "지울까요?"),
    press("지우기", "일정 {mine}", "지웠습니다."),
    say("/report delete 주간", "보고서 주간을 지울까요?"),
    press("지우기", "보고서 주간을 지웠습니다."),
    press("되돌리기", "보고서 주간을 되돌렸습니다."),
    say("/template list", "weekly · 개발 주간", "비즈니스 지표"),
    say("/template show weekly", "분류 개발", "기간 지난주"),
    say("/template clone weekly our-week", "weekly 템플릿을 our-week로 복사했습니다."),
    say("/template delete our-week", "삭제할까요?"),
    press("지우기", "our-week 템플릿을 삭제했습니다."),
    say("/target set", asks=("지표", "기준")),
    fill({"metric": "commits", "bound": "5 이상"}, "목표를 정했습니다: 커밋 5 이상."),
    say("/target list", "미달성", "1 모자람"),
    say("/target remove commits", "커밋 목표를 없앴습니다."),
    say("/destination add {platform}", asks=("종류", "채널")),
    fill({"channel": "#ops"}, "보낼 곳 #ops를 추가했습니다."),
    press("시험 전송", "#ops로 시험 메시지를 보냈습니다."),
    say("/destination list", "#ops", "열림"),
    say("/destination pause #ops", "일시 중지했습니다."),
    say("/destination remove #ops", "삭제했습니다."),
    say("/model list", "언어 모델", "claude-sonnet"),
    say("/arb home", "내 보고서와 일정", "주간 · weekly"),
    say("/arb me", "내 정보", "역할 관리자", "언어 한국어"),
    say("/arb members", "소유자", "관리자", "아직 아무와도 연결되지 않은 작성자"),
    say("/arb settings", asks=("언어", "시간대")),
    fill({"stale_days": "10"}, "브랜치를 멈춘 것으로 보는 일수", "10"),
    say("/arb usage", "30일간 사용량", "성공 100%"),
    say("/arb audit what=nothing", "조건에 맞는 기록이 없습니다.", "사슬이 온전합니다."),
    say("/arb keys new 시험", "API 키 시험"),
    say("/arb keys revoke 시험", "API 키 시험"),
    say("/arb doctor", "데이터베이스", "정상"),
    say("/arb backup", "백업"),
)

PATHS: Mapping[str, Sequence[Step]] = {
    "sources": _SOURCES, "figures": _FIGURES, "posts": _POSTS, "reports": _REPORTS, "schedules": _SCHEDULES,
    "templates": _TEMPLATES, "targets": _TARGETS, "models": _MODELS, "arb": _ARB,
    "korean": tuple(replace(step, who=KOREAN) for step in _KOREAN),
}  # fmt: skip


def paths(*some: str) -> Sequence[Sequence[Step]]:
    """Return all paths for `make prove`; for `make test` these ones: each step costs a process 25 ms."""
    return [steps for name, steps in PATHS.items() if PROVE or name in some]
