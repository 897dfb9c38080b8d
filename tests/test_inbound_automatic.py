"""A machine is known by its headers first, by several signs otherwise; in doubt a person wrote it."""

import pytest

from privacy.inbound import automatic, judgement, reading
from privacy.suppression import Suppression, is_suppressed
from tests import make
from tests.letters import PRIVACY, REMOVE, letter, received

WHO = "Kim Aster <kim.aster@example.org>"


def kind_of(raw, sender=""):
    found = automatic.recognise(reading.read(raw), sender)
    return found.kind if found else None


AUTO_REPLY_SUBJECTS = {
    "en": "Automatic reply: Northlight Weekly",
    "de": "Abwesenheitsnotiz: Northlight Post",
    "fr": "Réponse automatique : La lettre",
    "es": "Respuesta automática: Novedades",
    "it": "Risposta automatica: Luci di marzo",
    "nl": "Automatisch antwoord: Nieuwsbrief",
    "pl": "Odpowiedź automatyczna: Nowości",
    "sv": "Autosvar: Veckobrev",
    "pt": "Resposta automática: Novidades",
    "zh": "自动答复: 北光周刊",
    "ms": "Balasan automatik: Mingguan",
}
ABSENCE_TEXTS = {
    "en": "Thank you for your message. I am out of the office until 9 May and will answer upon my return.",
    "de": "Vielen Dank für Ihre Nachricht. Ich bin bis zum 9. Mai nicht im Büro. In dringenden Fällen hilft Frau Holm.",
    "fr": "Merci de votre message. Je suis en congé jusqu'au 9 mai. En cas d'urgence, appelez le standard.",
    "es": "Gracias por su mensaje. Estoy de vacaciones hasta el 9 de mayo; diríjase a la centralita.",
    "it": "Grazie per il messaggio. Sono in ferie fino al 9 maggio. In caso di urgenza chiamate il centralino.",
    "nl": "Bedankt voor uw bericht. Ik ben met vakantie tot en met 9 mei. Bij spoed belt u de receptie.",
    "pl": "Dziękuję za wiadomość. Jestem na urlopie do 9 maja. W pilnych sprawach proszę o kontakt z sekretariatem.",
    "sv": "Tack för ditt mejl. Jag är på semester till den 9 maj. Är det brådskande, ring växeln.",
    "pt": "Obrigada pela mensagem. Estou de férias até 9 de maio. Para assuntos urgentes, ligue para a receção.",
    "zh": "您好，邮件已收到。我正在休假，5月9日返回，急事请联系前台。",
    "ms": "Terima kasih atas mesej anda. Saya sedang bercuti sehingga 9 Mei. Untuk urusan segera hubungi kaunter.",
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", AUTO_REPLY_SUBJECTS)
def test_an_automatic_reply_is_known_by_its_subject_in_every_language(language):
    assert kind_of(letter(WHO, AUTO_REPLY_SUBJECTS[language], "Kim")) == "auto_reply"


@pytest.mark.django_db
@pytest.mark.parametrize("language", ABSENCE_TEXTS)
def test_an_absence_note_without_any_header_is_known_by_several_signs(language):
    assert kind_of(letter(WHO, "Northlight", ABSENCE_TEXTS[language])) == "auto_reply"


HEADERS = {
    "auto-replied": {"Auto_Submitted": "auto-replied (vacation)"},
    "auto-generated": {"Auto_Submitted": "auto-generated"},
    "x-autoreply": {"X_Autoreply": "yes"},
    "x-autorespond": {"X_Autorespond": "Re: hello"},
    "precedence": {"Precedence": "auto_reply"},
    "exchange": {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"},
    "list": {"List_Id": "<lamps.lists.example.org>"},
    "newsletter": {"List_Unsubscribe": "<https://gazette.example/out>"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", HEADERS)
def test_a_machine_is_known_by_its_headers(name):
    assert kind_of(letter(WHO, "hello", "UNSUBSCRIBE", **HEADERS[name])) in ("auto_reply", "list")


INNOCENT = {
    "auto-submitted no": {"Auto_Submitted": "no"},
    "asks for no absence notes": {"X_Auto_Response_Suppress": "All"},
    "autoreply no": {"X_Autoreply": "no"},
    "first class": {"Precedence": "first-class"},
    "a mail tool's mark on an answer to us": {
        "List_Unsubscribe": "<https://tool.example/x>",
        "In_Reply_To": "<1@news.northlight.example>",
    },
    "a form passes it on": {"Reply_To": "Kim <kim@example.net>"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", INNOCENT)
def test_a_persons_mail_with_innocent_headers_is_a_persons(name):
    who = "Form <noreply@forms.example.org>" if "form" in name else WHO
    assert kind_of(letter(who, "hello", "Please unsubscribe me. Do not reply by post.", **INNOCENT[name])) is None


PEOPLE = {
    "on holiday, about a parcel": (
        "Abwesenheit",
        "Ich bin bis zum 9. Mai im Urlaub. Bitte liefern Sie mein Paket danach. In dringenden Fällen hilft Frau Holm.",
    ),
    "away, mail off": (
        "Out of office",
        "I am away until 9 May. Please stop the newsletter. For urgent matters ring me.",
    ),
    "a bed, not a receipt": ("Letto: consegna sbagliata", "Il letto è arrivato rotto, vorrei sostituirlo."),
    "a car": ("Auto: lamp for my car", "Do you sell one?"),
    "out of office furniture": ("Out of office chairs?", "Are the chairs sold out?"),
    "asks about a bounce": ("Returned mail", "My return mail never arrived, and my order is lost. Where is it?"),
    "an answer to a report": ("Re: Delivery report", "Where is my delivery?"),
    "sells nothing": (
        "SEO",
        "Your website is on page one of Google, I found my order there. Not interested? I am! WhatsApp me.",
    ),
    "is not interested": (
        "offers",
        "I am not interested in more sales and free samples, please reply. Your website ranking is fine.",
    ),
    "a small firm's postmaster": ("Question", "Which lamp fits a kitchen?"),
    "a curt no": ("stop", "remove me, not interested"),
    "an owner of a shop": ("hello", "Dear team, I am a shop owner, please delete my data and send no more offers."),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_who_sounds_like_a_machine_is_a_person(name):
    subject, text = PEOPLE[name]
    who = "Ada <postmaster@werkstatt.example>" if "postmaster" in name else WHO
    assert kind_of(letter(who, subject, text)) is None


@pytest.mark.django_db
def test_what_is_quoted_or_attached_makes_no_machine_of_her():
    quoted = "Please take me off.\n\nOn 3 May Northlight wrote:\n> I am out of the office until May. Automatic reply.\n"
    assert kind_of(letter(WHO, "Re: Automatic reply: hello", quoted, In_Reply_To="<1@x>")) is None
    passed_on = (
        "I get this every day when I write to your shop, please repair it soon.\n\nBegin forwarded message:\n> x"
    )
    assert kind_of(letter(WHO, "Fwd: Undelivered Mail Returned to Sender", passed_on)) is None


PITCHES = {
    "en": "Hi there, we help shops rank on page one of Google. Worth a 15 min call? Not interested? Just say stop.",
    "de": "Liebes Team, Ihre Website auf die erste Seite bei Google! Kein Interesse? Antworten Sie mit NEIN.",
    "fr": "Bonjour, nous vendons des fichiers de prospects. On s'appelle ? Répondez STOP pour ne plus être sollicité.",
    "es": "Estimado propietario: más visitas para su página. ¿Agendamos una llamada? Si no desea más, responda BAJA.",
    "it": "Gentile titolare, portiamo il vostro sito in prima pagina. Una chiamata? Se non le interessa risponda NO.",
    "nl": "Beste ondernemer, meer bezoekers voor uw webshop, vrijblijvend. Geen interesse? Antwoord STOP.",
    "pl": "Pozycjonowanie Państwa sklepu, bezpłatny audyt. Nie są Państwo zainteresowani? Proszę odpisać STOP.",
    "sv": "Hej! Er hemsida kan synas på första sidan, kostnadsfri analys. Vill du slippa höra av mig, svara NEJ.",
    "pt": "Prezado lojista, mais clientes para a sua loja, orçamento sem compromisso. Caso não queira, responda SAIR.",
    "zh": "老板您好，我们提供网站优化和百度排名，加微信详谈。如有打扰，回复TD。",
    "ms": "Tuan bos kedai, pinjaman tanpa penjamin, WhatsApp sekarang. Tak berminat? Balas TAK NAK.",
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", PITCHES)
def test_a_strangers_pitch_is_filed_and_its_way_out_is_no_wish(language):
    assert kind_of(letter("Jo <jo@rank.example>", "Quick question", PITCHES[language])) == "sales"
    found = judgement.judge(letter("Jo <jo@rank.example>", "x", PITCHES[language]), REMOVE, "", make.LONG_AGO)
    assert (found.outcome, found.command) == ("ignore", None)


@pytest.mark.django_db
def test_a_customers_mail_is_never_a_pitch():
    make.customer(email="jo@rank.example")
    assert kind_of(letter("Jo <jo@rank.example>", "Quick question", PITCHES["en"])) is None


NOTICES = {
    "a shop's receipt": (
        "noreply@shop.example",
        "We've received your request [SC-90341]",
        "Your request to delete your data has reached us. This mailbox is not monitored.",
    ),
    "an order": ("no-reply@shop.example", "Order confirmation 4711", "Do not reply to this message."),
    "a ticket": ("hilfe@amt.example", "[#443210] Ihre Anfrage ist eingegangen", "Automatisch erstellt."),
    "a filter": (
        "kim@strict.example",
        "Your message is being held",
        "To deliver your message, confirm that you are a real person.",
    ),
    "a receipt for reading": (
        "kim@example.org",
        "Letto: Richiesta 4471",
        "Il messaggio è stato visualizzato il 02/02/2026.",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", NOTICES)
def test_a_systems_notice_is_filed(name):
    sender, subject, text = NOTICES[name]
    assert kind_of(letter(sender, subject, text)) in ("notice", "challenge", "receipt")


@pytest.mark.django_db
def test_a_calendars_answer_is_filed():
    raw = (
        b"From: kim@example.org\r\nSubject: Accepted: show\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\n\r\n--b\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n"
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n--b--\r\n"
    )
    assert kind_of(raw) == "calendar"


@pytest.mark.django_db
def test_a_leavers_automatic_reply_stops_nobody_not_even_the_colleague_it_names():
    text = "Gareth has left the company and this mailbox. anna@example.com has taken over his customers."
    raw = letter(
        "gareth@firm.example", "Automatic reply: Weekly", text, Return_Path="<>", Auto_Submitted="auto-replied"
    )
    assert received(raw, PRIVACY, "<>").outcome == "ignore"
    assert not Suppression.objects.exists()
    assert not is_suppressed("anna@example.com")
