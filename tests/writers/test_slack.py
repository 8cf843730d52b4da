"""Slack: what is posted, found and edited, and what each failure means."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from egress.client import Allowed, Egress
from model.card import Attachment, Chart
from model.clock import SystemClock
from model.delivery import Address, NamedDestination, Payload, Platform
from model.errors import CannotAsk, DeliveryError, DestinationRefused, DestinationUnavailable, UnknownName, UsageError
from model.health import Health
from model.ids import BlobId, DestinationId, MemberId, delivery_id
from tests.support.cards import SAMPLES
from tests.support.slack import Stand, acme, slack
from writers.slack import Slack
from writers.slack_api import SlackApi

TO = Address(Platform.SLACK, "T0ACME", "C0ENG00")
PNG = b"\x89PNG not really"
FILE = Attachment("days.png", "image/png", BlobId(hashlib.sha256(PNG).hexdigest()), len(PNG))


@pytest.fixture
def there() -> Iterator[Stand]:
    with slack() as stand:
        yield stand


@pytest_asyncio.fixture
async def place(there: Stand) -> AsyncIterator[Slack]:
    egress = Egress(SystemClock(), Allowed.parse(["127.0.0.1"]))
    made = slack_at(there, egress)
    yield made
    await made.aclose()
    await egress.aclose()


def slack_at(there: Stand, egress: Egress, token: str | None = "xoxb-CANARY-1") -> Slack:
    async def files(to: Address, blob: BlobId) -> bytes:
        if blob != FILE.blob:
            raise UnknownName("There is no such file here.")
        return PNG

    return Slack(SlackApi(egress, SystemClock(), there.url, token), SystemClock(), files)


def week(place: Slack) -> Payload:
    return place.render(SAMPLES["week"]("en"))[0]


async def test_posted_found_and_edited(there: Stand, place: Slack) -> None:
    """The key goes along where only we read it; nothing unfurls; a part goes into the thread and is found there."""
    since, key, part = datetime.now(UTC), delivery_id(), delivery_id()
    receipt = await place.send(TO, week(place), key)
    under = await place.send(TO, Payload({"text": "2/2", "blocks": []}), part, receipt)
    (told, reply) = there.calls("chat.postMessage")
    assert told["metadata"] == {"event_type": "arb_delivery", "event_payload": {"key": key}}
    assert (told["unfurl_links"], told["unfurl_media"]) == (False, False)
    assert reply["thread_ts"] == receipt.message
    assert await place.find(TO, key, since) == receipt
    assert await place.find(TO, part, since, receipt) == under
    assert await place.find(TO, delivery_id(), since) is None
    assert await place.edit(TO, receipt, Payload({"text": "done", "blocks": week(place).body["blocks"]})) == receipt
    assert there.team.posted("C0ENG00")[0]["text"] == "done"
    assert there.team.posted("C0ENG00")[0]["blocks"]


async def test_found_among_many(there: Stand, place: Slack) -> None:
    key, since = delivery_id(), datetime.now(UTC)
    receipt = await place.send(TO, week(place), key)
    there.team.posted("C0ENG00").extend({"ts": there.stamp(), "text": "chat", "user": "U1"} for _ in range(450))
    assert await place.find(TO, key, since) == receipt
    assert len(there.calls("conversations.history")) == 3


async def test_a_person(there: Stand, place: Slack) -> None:
    """His direct messages are opened once."""
    mina = TO.own("U0MINA")
    for _ in range(2):
        receipt = await place.send(mina, week(place), delivery_id())
    assert receipt.channel == "D0MINA"
    assert len(there.calls("conversations.open")) == 1


async def test_a_picture(there: Stand, place: Slack) -> None:
    """Uploaded, waited for, shown with its words; a repeat uploads nothing anew; where it fails text stands in."""
    card = SAMPLES["week"]("en")
    blocks = tuple(replace(b, picture=FILE.name) if isinstance(b, Chart) else b for b in card.blocks)
    (payload,) = place.render(replace(card, blocks=blocks, attachments=(FILE,)))
    for _ in range(2):
        await place.send(TO, payload, delivery_id())
    assert len(there.calls("files.getUploadURLExternal")) == 1
    (image,) = [b for b in there.team.posted("C0ENG00")[1]["blocks"] if b["type"] == "image"]
    assert image["alt_text"] == "Most on Thursday (12); none on Sunday."
    assert there.team.files[image["slack_file"]["id"]]["data"] == PNG
    other = slack_at(there, place._api._egress)
    there.next("files.completeUploadExternal", "500")
    await other.send(TO, payload, delivery_id())
    await other.aclose()
    shown = there.team.posted("C0ENG00")[2]["blocks"]
    assert "image" not in {b["type"] for b in shown}
    assert "Commits per day" in str(shown)


async def test_a_file(there: Stand, place: Slack) -> None:
    """What is no picture stands in the thread, by its name."""
    root, file = place.render(replace(SAMPLES["empty"]("en"), attachments=(FILE,)))
    receipt = await place.send(TO, root, delivery_id())
    await place.send(TO, file, delivery_id(), receipt)
    reply = there.team.posted("C0ENG00")[1]
    assert (reply["thread_ts"], reply["text"]) == (receipt.message, "days.png (15 B)")
    assert [there.team.files[id]["name"] for id in reply["file_ids"]] == ["days.png"]


async def test_blocks_that_slack_does_not_take(there: Stand, place: Slack) -> None:
    """A change of its rules must not keep a report from its readers: the words go."""
    there.next("chat.postMessage", "error", of="invalid_blocks")
    await place.send(TO, week(place), delivery_id())
    assert there.texts()[0].startswith("Engineering week")


_VERDICTS = [
    ("ratelimited", "9", "later", False, 9.0, True), ("lost", "", "later", True, None, False),
    ("drop", "", "later", True, None, False), ("500", "", "later", True, None, False),
    ("error", "fatal_error", "later", True, None, False), ("error", "internal_error", "later", True, None, False),
    ("error", "duplicate_message_not_found", "later", True, None, False),
    ("error", "channel_not_found", "refused", False, None, False),
    ("error", "not_in_channel", "refused", False, None, False), ("error", "is_archived", "refused", False, None, False),
    ("error", "restricted_action", "refused", False, None, False),
    ("error", "messages_tab_disabled", "refused", False, None, False),
    ("error", "account_inactive", "refused", False, None, True),
    ("error", "token_revoked", "refused", False, None, True),
    ("error", "invalid_auth", "refused", False, None, True), ("error", "missing_scope", "refused", False, None, True),
]  # fmt: skip


@pytest.mark.parametrize(("trouble", "of", "verdict", "ambiguous", "wait", "whole"), _VERDICTS)
async def test_what_a_failure_means(
    there: Stand, place: Slack, trouble: str, of: str, verdict: str, *, ambiguous: bool, wait: float | None, whole: bool
) -> None:
    """Tried once; the outbox decides what is next. No token in any word."""
    await place._api.own_team()
    there.next("chat.postMessage", trouble, of=of)  # type: ignore[arg-type]
    with pytest.raises(DeliveryError) as caught:
        await place.send(TO, week(place), delivery_id())
    error = caught.value
    assert isinstance(error, DestinationRefused) is (verdict == "refused")
    assert (error.ambiguous, error.retry_after, error.of_account) == (ambiguous, wait, whole)
    assert "CANARY" not in f"{error.message} {error.hint} {error.__cause__!r}"
    assert len(there.calls("chat.postMessage")) == 1


async def test_a_method_that_rests_is_not_called(there: Stand, place: Slack) -> None:
    """Of this team only, for as long as Slack asked."""
    there.next("chat.postMessage", "ratelimited", of="30")
    for _ in range(3):
        with pytest.raises(DestinationUnavailable):
            await place.send(TO, week(place), delivery_id())
    assert len(there.calls("chat.postMessage")) == 1


async def test_an_edit_that_cannot_be(there: Stand, place: Slack) -> None:
    """The window is closed: posted anew, once, whatever happens to the answer."""
    receipt = await place.send(TO, week(place), delivery_id())
    there.next("chat.update", "error", "error", of="edit_window_closed")
    there.next("chat.postMessage", "lost")
    with pytest.raises(DestinationUnavailable):
        await place.edit(TO, receipt, Payload({"text": "later", "blocks": []}))
    again = await place.edit(TO, receipt, Payload({"text": "later", "blocks": []}))
    assert there.texts()[1:] == ["later"]
    assert again.message != receipt.message


async def test_who_cannot_be_asked(there: Stand, place: Slack) -> None:
    there.team.scopes = "chat:write"
    with pytest.raises(CannotAsk):
        await place.find(TO, delivery_id(), datetime.now(UTC) - timedelta(hours=1))


async def test_no_connection(there: Stand, place: Slack, unused_tcp_port: int) -> None:
    """It certainly did not arrive; where the address is closed to us, nothing is connected to."""
    egress = place._api._egress
    for url, opened in ((f"http://127.0.0.1:{unused_tcp_port}", egress), (there.url, Egress(SystemClock()))):
        api = SlackApi(opened, SystemClock(), url, "xoxb-CANARY-1")
        with pytest.raises(DestinationUnavailable) as caught:
            await api.own_team()
        assert not caught.value.ambiguous
        await api.aclose()
    assert there.asked == []


@pytest.mark.parametrize("said", ["#eng", "<#C0ENG00|eng>", "<#C0ENG00>", "C0ENG00", "eng"])
async def test_a_channel_by_its_names(place: Slack, said: str) -> None:
    found = await place.channel(said, None)
    assert (found.name, found.address) == ("#eng", TO)


@pytest.mark.parametrize("said", ["#nowhere", "<#C0NOWHERE|eng>", "#old", "C0OLD00"])
async def test_a_channel_that_is_none(place: Slack, said: str) -> None:
    with pytest.raises(UsageError):
        await place.channel(said, None)


async def test_never_another_teams_channel(place: Slack) -> None:
    """The operator's token is for one team; another team's people cannot use it."""
    other = replace(TO, account="T0OTHER")
    for attempt in (place.channel("#eng", "T0OTHER"), place.send(other, week(place), delivery_id())):
        with pytest.raises(DestinationRefused, match="T0OTHER"):
            await attempt


async def test_without_a_token(there: Stand) -> None:
    egress = Egress(SystemClock(), Allowed.parse(["127.0.0.1"]))
    with pytest.raises(DestinationRefused) as caught:
        await slack_at(there, egress, None).channel("#eng", None)
    assert caught.value.hint is not None
    assert "ARB_SLACK_BOT_TOKEN" in caught.value.hint.plain()
    assert there.asked == []


async def test_two_teams_keep_apart() -> None:
    """Each with its own token, as they were installed."""

    class Known:
        async def of(self, team: str) -> str | None:
            return {"T0ACME": "xoxb-CANARY-1", "T0OTHER": "xoxb-CANARY-2"}.get(team)

        async def teams(self) -> Sequence[str]:
            return ("T0ACME", "T0OTHER")

    async def no_file(to: Address, blob: BlobId) -> bytes:
        raise AssertionError(blob)

    egress = Egress(SystemClock(), Allowed.parse(["127.0.0.1"]))
    with slack(acme(), acme("xoxb-CANARY-2", "T0OTHER")) as there:
        api = SlackApi(egress, SystemClock(), there.url)
        api.tokens = Known()
        place = Slack(api, SystemClock(), no_file)
        await place.send(replace(TO, account="T0OTHER"), week(place), delivery_id())
        await place.aclose()
        assert (len(there.teams[0].posted("C0ENG00")), len(there.teams[1].posted("C0ENG00"))) == (0, 1)


async def test_what_the_doctor_says(there: Stand, place: Slack) -> None:
    """Token, scopes, clock, and each channel that was named."""
    named = [
        NamedDestination(DestinationId(id), f"#{id}", "slack", MemberId("m"), datetime.now(UTC), replace(TO, target=id))
        for id in ("C0ENG00", "C0OLD00", "C0NOWHERE")
    ]
    well = [check.health for check in await place.checks(named)]
    assert well == [Health.OK, Health.OK, Health.OK, Health.ATTENTION, Health.ATTENTION]
    there.team.scopes, there.clock = "channels:read", 400.0
    ill = await place.checks([])
    assert [check.health for check in ill] == [Health.OK, Health.CRITICAL, Health.ATTENTION]
    assert "chat:write" in ill[1].means.plain()
    there.team.revoked = "token_revoked"
    (gone,) = await place.checks(named)
    assert gone.health is Health.CRITICAL
    assert "CANARY" not in str(gone)
