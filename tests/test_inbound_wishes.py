"""Wishes in people's own words: mails written after the rules, as a check that the rules were not made to fit."""

import pytest

from privacy.inbound import judgement, own_words, wishes
from privacy.inbound.wishes import learning, lexicon, likeness
from privacy.inbound.wishes.doubts import SENTENCES
from privacy.inbound.wishes.grammar import COMMANDS
from tests import make
from tests.letters import PRIVACY, REMOVE, letter

NOW = make.LONG_AGO
pytestmark = pytest.mark.django_db


def said(subject, body, to=REMOVE, **headers):
    return judgement.judge(letter("someone@example.org", subject, body, to, **headers), to, "", NOW)


# Nothing here may be carried out by a machine, whatever else becomes of it.
NEVER_ACT = {
    "en negated": ("newsletter", "Please don't unsubscribe me."),
    "en negated later": ("hello", "I clicked unsubscribe by mistake, please undo that."),
    "en negated softly": ("hello", "I never asked to be unsubscribed, why did it happen?"),
    "en condition": ("emails", "Unless the sale mails stop repeating I will unsubscribe."),
    "en threat": ("emails", "If this goes on I might unsubscribe from your newsletter."),
    "en question": ("question", "How do I unsubscribe from the newsletter?"),
    "en other person": ("my gran", "Please take my gran off the mailing list, she is 91."),
    "en opt in": ("hi", "Please subscribe me to the newsletter."),
    "en less": ("hi", "Fewer emails please, once a month would do."),
    "en two channels": ("hi", "Please stop the text messages. Please stop sending the catalogue."),
    "en instruction": ("hi", "To unsubscribe from our newsletter click here."),
    "en cited": ("hi", 'Your site says "unsubscribe me" in the footer and the link is broken.'),
    "en order": ("order 12", "Please cancel my order, I do not want the lamp any more."),
    "en praise": ("thanks", "Please do not stop sending me your lovely newsletter."),
    "de negated": ("Newsletter", "Bitte melden Sie mich nicht ab."),
    "de mistake": ("Newsletter", "Ich wurde aus Versehen abgemeldet, bitte wieder anmelden."),
    "de other": ("meine Mutter", "Meine Mutter will keinen Newsletter mehr."),
    "de less": ("Newsletter", "Bitte weniger Mails, einmal im Monat reicht."),
    "de question": ("Frage", "Wie kann ich den Newsletter abbestellen?"),
    "fr negated": ("lettre", "Ne me désabonnez surtout pas."),
    "fr opt in": ("lettre", "Je voudrais m'abonner à la newsletter."),
    "fr other": ("maman", "Ma mère ne veut plus recevoir vos mails."),
    "nl negated": ("nieuws", "Ik wil niet uitgeschreven worden."),
    "it negated": ("novità", "Non cancellarmi dalla newsletter, per favore."),
    "es negated": ("boletín", "No quiero darme de baja del boletín."),
    "es other": ("mi padre", "Mi padre no quiere recibir más correos."),
    "pt negated": ("newsletter", "Não me retirem da newsletter, por favor."),
    "pl negated": ("newsletter", "Proszę mnie nie wypisywać z listy."),
    "sv negated": ("nyhetsbrev", "Jag vill inte avregistrera mig."),
    "zh negated": ("订阅", "请不要退订，我还想收到邮件。"),
    "ms negated": ("surat berita", "Jangan keluarkan saya daripada senarai."),
    "en 2 negated": ("list", "Please never remove me from your mailing list!"),
    "en 3 negated": ("list", "I don't want to be taken off the mailing list."),
    "de 2 negated": ("Verteiler", "Bitte nehmen Sie mich nicht aus dem Verteiler."),
    "fr 2 negated": ("liste", "Ne me retirez pas de la liste, s'il vous plaît."),
    "nl 2 negated": ("lijst", "Haal mij alstublieft niet van de lijst."),
    "nl 3 negated": ("lijst", "Schrijf mij niet uit voor de nieuwsbrief."),
    "it 2 negated": ("lista", "Non toglietemi dalla lista."),
    "es 2 negated": ("lista", "No me borren de la lista."),
    "pt 2 negated": ("lista", "Não cancelem a minha subscrição da newsletter."),
    "pl 2 negated": ("lista", "Nie usuwajcie mnie z listy mailingowej."),
    "sv 2 negated": ("lista", "Ta inte bort mig från listan."),
    "zh 2 negated": ("名单", "请不要把我从名单里删掉。"),
    "empty": ("", ""),
    "subject only, a question": ("unsubscribe?", ""),
}

CLEAR = {
    "en 1": ("bye", "Please remove me from your mailing list.", "unsubscribe"),
    "en 2": ("hi there", "I no longer wish to receive your newsletter.\n\nKind regards\nSam", "unsubscribe"),
    "en 3": ("pls", "stop emailing me", "unsubscribe"),
    "en 4": ("", "Kindly unsubscribe me from all mailings. Thanks, Jo", "unsubscribe"),
    "en 5": ("sms", "Please don't text me any more.", "stop_sms"),
    "en 6": ("phone", "Please stop phoning me with offers.", "stop_phone"),
    "en 7": ("paper", "No more catalogues please.", "stop_post"),
    "en 8": ("partners", "Please do not share my details with third parties.", "stop_third_party"),
    "de 1": ("Newsletter", "Bitte nehmen Sie mich aus dem Verteiler.", "unsubscribe"),
    "de 2": ("Werbung", "Ich möchte keine Newsletter mehr erhalten.", "unsubscribe"),
    "de 3": ("Prospekte", "Bitte keine Prospekte mehr schicken.", "stop_post"),
    "fr 1": ("lettre", "Merci de me désinscrire de votre newsletter.", "unsubscribe"),
    "fr 2": ("lettre", "Je ne souhaite plus recevoir vos mails.", "unsubscribe"),
    "nl 1": ("nieuwsbrief", "Wilt u mij van de mailinglijst verwijderen? Haal mij van de lijst.", "unsubscribe"),
    "it 1": ("newsletter", "Vi prego di cancellarmi dalla newsletter.", "unsubscribe"),
    "es 1": ("boletín", "Por favor, denme de baja del boletín.", "unsubscribe"),
    "pt 1": ("newsletter", "Por favor cancelem a minha subscrição da newsletter.", "unsubscribe"),
    "pl 1": ("newsletter", "Proszę mnie wypisać z newslettera.", "unsubscribe"),
    "sv 1": ("nyhetsbrev", "Jag vill avsluta prenumerationen. Avregistrera mig.", "unsubscribe"),
    "zh 1": ("邮件", "我要取消订阅。", "unsubscribe"),
    "ms 1": ("buletin", "Saya mahu berhenti melanggan surat berita.", "unsubscribe"),
}


@pytest.mark.parametrize("name", NEVER_ACT)
def test_no_machine_acts_on_a_doubtful_wish(name):
    found = said(*NEVER_ACT[name])
    assert found.outcome != "act", found.reasons
    assert found.reasons


@pytest.mark.parametrize("name", CLEAR)
def test_a_clear_wish_is_understood(name):
    subject, body, command = CLEAR[name]
    found = said(subject, body, PRIVACY)
    assert (found.outcome, found.command) == ("act", command), found.reasons


LANGUAGES = "de en es fr it ms nl pl pt sv zh".split()


def test_eleven_languages_have_words_and_texts_of_their_own():
    assert [lexicon.code for lexicon in lexicon.lexicons()] == LANGUAGES
    assert learning.languages() == LANGUAGES
    assert likeness.learnt() == set(LANGUAGES)


ORDINARY = {
    "en": [
        "Please unsubscribe me.",
        "Please unsubscribe me from your newsletter.",
        "Hi, please take me off your mailing list. Thanks",
        "Hello, please remove me from the list. Regards, Ann",
        "unsubscribe me please",
        "Stop sending me emails",
        "Please stop the newsletter",
        "I no longer want to receive your emails",
        "Hi please unsubscribe thank you",
        "Hello, I would like to unsubscribe from your newsletter. Kind regards, Tom",
        "Please remove my email address from your mailing list",
    ],
    "de": [
        "Bitte melden Sie mich vom Newsletter ab.",
        "Hallo, bitte Newsletter abbestellen. Danke",
        "Bitte nehmen Sie mich aus dem Verteiler.",
        "Ich möchte keine Werbung mehr per Mail bekommen.",
        "Newsletter abbestellen",
        "Bitte keinen Newsletter mehr. Gruß, Jan",
        "Guten Tag, ich möchte Ihren Newsletter nicht mehr erhalten. Mit freundlichen Grüßen, Eva",
    ],
    "fr": [
        "Merci de me désabonner.",
        "Bonjour, merci de me désinscrire de votre newsletter.",
        "Je ne veux plus recevoir vos mails.",
        "Bonjour, je souhaite me désabonner de votre newsletter. Cordialement, Luc",
    ],
    "es": [
        "Por favor, dadme de baja del boletín.",
        "Hola, quiero darme de baja. Gracias",
        "No quiero recibir más correos publicitarios.",
    ],
    "it": [
        "Vorrei cancellarmi dalla newsletter.",
        "Buongiorno, per favore cancellatemi dalla mailing list. Grazie",
        "Non voglio più ricevere le vostre email.",
    ],
    "nl": [
        "Graag uitschrijven voor de nieuwsbrief.",
        "Hallo, ik wil de nieuwsbrief niet meer ontvangen. Groet, Piet",
        "Haal mij van de mailinglijst aub",
    ],
    "pl": [
        "Proszę o wypisanie mnie z newslettera.",
        "Dzień dobry, nie chcę już otrzymywać newslettera. Pozdrawiam",
        "Proszę usunąć mnie z listy mailingowej",
    ],
    "pt": [
        "Por favor, cancelem a minha subscrição da newsletter.",
        "Olá, não quero receber mais emails. Obrigado",
        "Quero me descadastrar da lista",
    ],
    "sv": [
        "Hej, jag vill avprenumerera på nyhetsbrevet. Tack",
        "Ta bort mig från er mejllista",
        "Jag vill inte ha fler nyhetsbrev.",
    ],
    "ms": [
        "Tolong keluarkan saya daripada senarai emel.",
        "Hai, saya tidak mahu terima newsletter lagi. Terima kasih",
        "Sila hentikan emel promosi kepada saya",
    ],
    "zh": [
        "请帮我退订邮件。",
        "你好，我不想再收到你们的广告邮件了，谢谢",
        "请把我从邮件列表中移除",
    ],
}


@pytest.mark.parametrize("subject", ["", "Newsletter", "Hi", "Hello"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_what_most_people_write_is_done_whatever_stands_in_the_subject(code, subject):
    found = {text: said(subject, text) for text in ORDINARY[code]}
    assert {t: j.reasons for t, j in found.items() if (j.outcome, j.command) != ("act", "unsubscribe")} == {}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_texts_bear_only_labels_that_exist(code):
    known = {*COMMANDS, *wishes.KINDS, *SENTENCES, "remark", "machine"}
    texts = learning.texts(code)
    assert {label for labels, _ in texts for label in labels} <= known
    assert set(COMMANDS) | set(wishes.KINDS) <= {label for labels, _ in texts for label in labels}
    assert len({text for _, text in texts}) == len(texts), "no text twice"


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_was_learnt_was_learnt_from_the_texts_as_they_are(code):
    """Whoever changes a text must run learn_wishes."""
    assert likeness.votes(code).fingerprint == learning.fingerprint(code)
    assert likeness.votes(code).texts == len(learning.texts(code))


def test_the_same_texts_teach_the_same_to_the_last_digit():
    some = learning.texts("en")[::12]
    learnt = learning.learn(some, "these")
    assert learning.learn(some, "these").packed() == learnt.packed()
    assert likeness.unpacked(learnt.packed()) == learnt
    told = [max(said, key=said.get) in labels for labels, text in some if (said := learnt.opinions(text))]
    assert sum(told) / len(some) > 0.95, "what was learnt from is known again"
    assert learnt.opinions("") == {}


QUOTES = {
    "gmail": "Thanks!\n\nOn Mon, 1 Jun 2026 at 10:00, Northlight <news@northlight.example> wrote:\n> unsubscribe me",
    "broken line": "Thanks!\n\nOn Mon, 1 Jun 2026 at 10:00, Northlight\n<news@x.example> wrote:\n> unsubscribe me",
    "outlook": "Thanks!\n\nFrom: Northlight <news@x.example>\nSent: Monday\nTo: me\nSubject: x\n\nunsubscribe me",
    "german": "Thanks!\n\n-----Ursprüngliche Nachricht-----\nVon: Northlight\nGesendet: Montag\n\nunsubscribe me",
    "no marks": "Thanks!\n\nAm 1.6.2026 um 10:00 schrieb Northlight <news@northlight.example>:\n\nunsubscribe me",
    "signature": "Thanks!\n-- \nunsubscribe me",
    "apple": "Thanks!\n\nBegin forwarded message:\n\nunsubscribe me",
}


@pytest.mark.parametrize("name", QUOTES)
def test_only_the_senders_own_words_count(name):
    assert own_words.own_words(QUOTES[name]) == "Thanks!"


def test_replies_of_real_programs_are_cut(corpora):
    from privacy.inbound import reading

    found = {}
    for path in sorted((corpora / "replies_talon" / "standard_replies").glob("*.eml")):
        beside = path.with_name(f"{path.stem}_reply_text")
        wanted = beside.read_text().strip() if beside.exists() else "Hello"
        own = own_words.own_words(reading.read(path.read_bytes()).text)
        found[path.stem] = own.splitlines()[0].strip() == wanted.splitlines()[0].strip()
    assert [name for name, is_right in found.items() if not is_right] == []


def test_words_hidden_in_html_are_nobodys():
    wish = b"Please unsubscribe me."
    body = b'<p>Hello</p><div style="display:none">' + wish + b'</div><a href="https://x">' + wish + b"</a>"
    raw = b"From: a@example.org\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n" + body
    assert judgement.judge(raw, PRIVACY, "", NOW).outcome == "review"
