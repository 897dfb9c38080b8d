"""Forms that end in a letter: our words are put in on the server, read by a colleague, checked, and sent."""

from typing import Any, ClassVar

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .. import letters
from ..deadlines import UnlawfulEvent
from ..letters import KINDS, Letter
from ..subject_requests import DataSubjectRequest, complaint, denials, forecast, proposed_letter, wording
from .step_forms import LONGEST, StepForm

FILL = "fill"


class WordsChoice(forms.Select):
    """Which of our words; its button asks the server to put them in, so that no script is needed."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The choice, and beside it the button that sends the form without taking the step."""
        button = format_html(
            '<button type="submit" name="{}" value="1" formnovalidate class="button-quiet">{}</button>',
            FILL, _("Put these words in"),
        )  # fmt: skip
        return format_html(
            '<span class="office-beside">{}{}</span>', super().render(name, value, attrs, renderer), button
        )


class LetterForm(StepForm):
    """A field for each block of the letter, and a choice of our words for it."""

    letter: ClassVar[str] = ""

    def adapt(self) -> None:
        """The blocks as fields; a form that comes begun has our usual words in them."""
        kind, offered = KINDS[self.kind_of_letter()], self.offered()
        if offered:
            words = [("", "–"), *((str(row.pk), row.title) for row in offered)]
            self.fields["words"] = forms.ChoiceField(
                label=_("Our words for this"), choices=words, required=False, widget=WordsChoice
            )
        begun = letters.usual(kind.name) if kind.is_begun else None
        self.fields["began_with"] = forms.IntegerField(
            required=False, initial=begun.pk if begun else None, widget=forms.HiddenInput
        )
        texts = begun.filled(self.values()) if begun else {}
        for block in kind.blocks:
            area = forms.Textarea(attrs={"rows": block.rows})
            self.fields[block.name] = forms.CharField(
                label=str(block.label), max_length=LONGEST, widget=area, initial=texts.get(block.name, "")
            )

    def kind_of_letter(self) -> str:
        """What the letter is for."""
        return self.letter

    def offered(self) -> list[letters.LetterVersion]:
        """The words a colleague may choose from here."""
        return letters.offered(self.kind_of_letter())

    def values(self) -> dict[str, str]:
        """What stands where our words have a name in braces."""
        return wording.values(self.case)

    def written(self) -> Letter:
        """The letter as the form holds it."""
        said, kind = self.cleaned_data, KINDS[self.kind_of_letter()]
        blocks = {block.name: said[block.name] for block in kind.blocks}
        return Letter(kind.name, blocks, said["began_with"])

    def clean_began_with(self) -> letters.LetterVersion | None:
        """The version itself, if it is one of this kind."""
        return letters.began_with(self.kind_of_letter(), self.cleaned_data["began_with"])

    def clean(self) -> dict[str, Any]:
        """Keeps what was read beside the fields, for the step that is taken."""
        said: dict[str, Any] = super().clean() or {}
        if not self.errors:
            said["letter"] = self.written()
        return said

    def put_in(self, row: letters.LetterVersion) -> dict[str, Any]:
        """What the fields hold once these words were chosen; a block that they leave empty stays as it was typed."""
        texts = {name: text for name, text in row.filled(self.values()).items() if text}
        return {**texts, "words": str(row.pk), "began_with": row.pk}


def filled(step_form: Any, sent: Any, case: DataSubjectRequest, auto_id: str) -> forms.Form | None:
    """The form with the words that were asked for, and what was typed besides; None when none were asked for."""
    if FILL not in sent or not issubclass(step_form, LetterForm):
        return None
    typed = {name: sent[name] for name in sent}
    empty = step_form(case=case, auto_id=auto_id)
    row = letters.began_with(empty.kind_of_letter(), sent["words"] if sent.get("words", "").isdigit() else None)
    known = row is not None and row in empty.offered()
    initial = typed | (empty.put_in(row) if known else {})
    form: forms.Form = step_form(initial=initial, case=case, auto_id=auto_id)
    return form


class IdentityLetterForm(LetterForm):
    """The question who it is, and why we ask: no doubt, no proof (Art. 12(6))."""

    letter = "id_asked"
    doubt = forms.CharField(
        label=_("Why is it reasonable to doubt who is asking?"), max_length=500,
        help_text=_("For the file; the person does not read it. “To be sure” is no reason."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class ClarificationLetterForm(LetterForm):
    """The question what is meant."""

    letter = "clarification_asked"


class ProgressLetterForm(LetterForm):
    """How a complaint stands."""

    letter = "progress"


class ExtensionForm(LetterForm):
    """Why it takes longer."""

    letter = "extension"

    def values(self) -> dict[str, str]:
        """With the last day as it will be."""
        try:
            ahead = forecast(self.case, "extended").clocks[0].due_on
        except UnlawfulEvent:
            ahead = self.case.due_on
        return wording.values(self.case, due_on=wording.day(ahead))


class AnswerForm(LetterForm):
    """The answer to the person, where the right needs one."""

    def adapt(self) -> None:
        """No answer is asked where a file or a deed is the answer; a draft is where the right has one."""
        if not self.case.right.needs_answer:
            return
        super().adapt()
        if self.case.right.draft:
            self.fields["text"].initial = self.case.right.draft(self.case)

    def kind_of_letter(self) -> str:
        """A correction is answered in other words than a question."""
        return wording.answer_to(self.case)

    def clean(self) -> dict[str, Any]:
        """Without an answer there is no letter."""
        return super().clean() if "text" in self.fields else forms.Form.clean(self) or {}


class OutcomeForm(LetterForm):
    """The outcome letter of a complaint with its blocks, each to be seen before it leaves (SFB-07, SFB-11)."""

    letter = "complaint_outcome"
    outcome = forms.ChoiceField(
        label=_("How does it end?"), choices=[("", "–"), *((one.value, one.label) for one in complaint.ANSWERS)]
    )

    def adapt(self) -> None:
        """After arbitration nothing is left to wait for."""
        super().adapt()
        if complaint.of(self.case).stage != complaint.Stage.ARBITRATION:
            self.fields["stays_open"] = forms.BooleanField(
                label=_("Do not close it: the person may go to mediation"), required=False
            )


class ReasonForm(LetterForm):
    """A letter with a reason of the law, chosen from those that hold for this kind of request."""

    two_people: ClassVar[bool] = False
    reason = forms.ChoiceField(label=_("Why, by law?"))

    def adapt(self) -> None:
        """Each reason with its article."""
        super().adapt()
        known = denials.for_kind(self.case.kind, two_people=self.two_people)
        lines = [(one.code, f"{one.label} · {one.law_for(self.case.kind)}") for one in known]
        self.fields["reason"].choices = [("", "–"), *lines]  # type: ignore[attr-defined]


class RefusalForm(ReasonForm):
    """A refusal that one person may decide: the reason, and the letter with where to complain."""

    letter = "refusal"

    def offered(self) -> list[letters.LetterVersion]:
        """Words for reasons that may not be chosen here would be of no use."""
        others = set(denials.DENIALS) - {
            one.code for one in denials.for_kind(self.case.kind, two_people=self.two_people)
        }
        return [row for row in super().offered() if row.slug not in others]

    def put_in(self, row: letters.LetterVersion) -> dict[str, Any]:
        """Words written for a reason choose it too."""
        reason = {"reason": row.slug} if row.slug in denials.DENIALS else {}
        return super().put_in(row) | reason


class UnfoundedForm(RefusalForm):
    """A refusal as unfounded or excessive, for a second person to agree to."""

    two_people = True


class AgreeForm(StepForm):
    """The letter as it was proposed, to be read before one agrees; it may speak of the person."""

    comes_filled = True

    def adapt(self) -> None:
        """Shown whole, and not to be changed here."""
        proposal = proposed_letter(self.case)
        self.fields["proposed"] = shown(_("The letter as it would leave"), proposal.text if proposal else "")


def shown(label: Any, text: str) -> forms.CharField:
    """A text to read and not to change."""
    area = forms.Textarea(attrs={"rows": 12})
    return forms.CharField(label=label, initial=text, disabled=True, required=False, widget=area)
