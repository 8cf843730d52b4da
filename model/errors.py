"""Everything that can go wrong, as one tree.

ArbError
├─ UserError              the caller can mend it: a private card with what to type next
│  ├─ UsageError          the words do not fit the command
│  ├─ UnknownName         nothing of that name here (carries close matches)
│  ├─ NotAllowed          the caller's role does not reach
│  └─ Expired             the button or form is no longer good
├─ ConfigError            the operator must mend it: start stops and names the variable
├─ SourceError            one source failed: the run goes on, the coverage line says so
│  ├─ SourceUnavailable   try again later
│  ├─ SourceRefused       it will say no again until somebody changes something
│  └─ SourceChanged       it answered, in a form that we do not know
├─ EgressError            a request to the world outside failed (sent: it may have been acted on all the same)
│  ├─ AddressRefused      no place that may be reached: nothing was sent
│  ├─ Unreachable         nobody answers there: nothing was sent
│  ├─ NoAnswer            no whole answer came, or not in time
│  └─ AnswerRefused       the answer is larger, or of another form, than what is taken
├─ DeliveryError          one message could not be sent (ambiguous: it may have arrived; retry_after: seconds)
│  ├─ DestinationUnavailable  the place did not answer or asked to wait: try again later
│  ├─ DestinationRefused  it will say no again: pause, tell the owner
│  └─ CannotAsk           the place cannot be asked whether a message arrived
├─ NarratorError          a model failed, refused or said what cannot be read: the built-in words stand in
├─ TemplateError          a template cannot be read or rendered: names line and column where it can
├─ PictureError           a chart cannot be drawn: its text stands in
├─ StorageBusy            the database was locked for too long: nothing was written
├─ StorageBroken          the database is damaged, or its disk full, read-only or away: nothing was written
├─ BackupError            a backup cannot be made, read or restored: the database is as it was
├─ SealBroken             a sealed value does not open: damaged, or sealed for another row
└─ LostLease              somebody else has the work: stop, write nothing

An error holds a `Message`; the door translates it for the caller. It never holds a secret nor a vendor's repr.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.language import Message
from model.prompt import Tokens


class ArbError(Exception):
    """The root of the tree: what happened, to what, and (hint) what to do next."""

    def __init__(self, text: str, /, hint: Message | None = None, **values: object) -> None:
        self.message = Message(text, values)
        self.hint = hint
        super().__init__(self.message.plain())


class UserError(ArbError):
    """The caller can mend it."""


class UsageError(UserError):
    """The words do not fit the command."""


class UnknownName(UserError):
    """Nothing of that name is here; `close` holds names that look like it."""

    def __init__(self, text: str, /, hint: Message | None = None, close: Sequence[str] = (), **values: object) -> None:
        super().__init__(text, hint, **values)
        self.close = tuple(close)


class NotAllowed(UserError):
    """The caller's role does not reach."""


class Expired(UserError):
    """The button or form is no longer good."""


class ConfigError(ArbError):
    """The operator must mend it; the message names the variable and the form expected."""


class SourceError(ArbError):
    """One source failed; the run goes on without it."""


class SourceUnavailable(SourceError):
    """It did not answer, or not in time; another try may succeed."""


class SourceRefused(SourceError):
    """It said no and will say so again until somebody changes something."""


class SourceChanged(SourceError):
    """It answered in a form that we do not know."""


class EgressError(ArbError):
    """A request to the world outside failed; `sent`: it may have been read, and acted on, all the same."""

    def __init__(self, text: str, /, hint: Message | None = None, *, sent: bool = False, **values: object) -> None:
        super().__init__(text, hint, **values)
        self.sent = sent


class AddressRefused(EgressError):
    """The address is none that may be reached; nothing was sent."""


class Unreachable(EgressError):
    """Nobody answers at the address; nothing was sent."""


class NoAnswer(EgressError):
    """No whole answer came, or not in time."""


class AnswerRefused(EgressError):
    """The answer is larger, or of another form, than what is taken."""


class NarratorError(ArbError):
    """A language model gave no words that can be used.

    `tokens`: what its vendor says that was used. `doubtful`: something may have been used, and nobody says how much.
    """

    def __init__(
        self,
        text: str,
        /,
        hint: Message | None = None,
        *,
        tokens: Tokens | None = None,
        doubtful: bool = False,
        **values: object,
    ) -> None:
        super().__init__(text, hint, **values)
        self.tokens = tokens
        self.doubtful = doubtful


class DeliveryError(ArbError):
    """One message could not be sent.

    `ambiguous`: it may have arrived all the same. `retry_after`: how many seconds the place asked to wait.
    `of_account`: it holds for the whole account: too much was sent to all of its channels, its token was revoked.
    """

    def __init__(
        self,
        text: str,
        /,
        hint: Message | None = None,
        *,
        ambiguous: bool = False,
        retry_after: float | None = None,
        of_account: bool = False,
        **values: object,
    ) -> None:
        super().__init__(text, hint, **values)
        self.ambiguous = ambiguous
        self.retry_after = retry_after
        self.of_account = of_account


class DestinationUnavailable(DeliveryError):
    """The place did not answer, or asked to wait; another try may succeed."""


class DestinationRefused(DeliveryError):
    """The place said no and will say so again until somebody changes something."""


class CannotAsk(DeliveryError):
    """The place cannot be asked whether a message arrived."""


class TemplateError(ArbError):
    """A template cannot be read or rendered."""


class PictureError(ArbError):
    """A chart cannot be drawn."""


class StorageBusy(ArbError):
    """The database was locked for too long; nothing was written."""


class StorageBroken(ArbError):
    """The database cannot be read or written."""


class BackupError(ArbError):
    """A backup cannot be made, read or restored; the database is as it was."""


class SealBroken(ArbError):
    """A sealed value does not open."""


class LostLease(ArbError):
    """Somebody else has the work."""


class Overtaken(LostLease):
    """Another process does what somebody said, and answers it: this one was held for dead."""
